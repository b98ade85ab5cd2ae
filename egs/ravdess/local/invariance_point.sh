#!/usr/bin/env bash
# One line of conf/invariance.points: train its systems, embed all utterances, probe; the same of
# the utterances that no training heard.
# Usage: local/invariance_point.sh DUMP EXP CONFIG "POINT SYSTEMS SEEDS [OPTION...]"
set -euo pipefail
dump=$1 exp=$2 config=$3
read -r point systems seeds options <<<"$4"
exp="${exp}/${point}"
draws=32 # that an eavesdropper averages

# Of a system: dump, folder of the figures, options of menan-infer.
ask() {
  local feats="$1/feats.scp" embeddings="${exp}/infer/$2/${system}"
  # The last epoch's network: nobody chose it.
  menan-infer --model "${exp}/${system}" --rule last --feats "${feats}" --out "${embeddings}" "${@:3}"
  menan-probe --embeddings "${embeddings}" --feats "${feats}" --out "${exp}/$2/${system}.json"
}

# shellcheck disable=SC2086 # options are words
menan-train --feats "${dump}/feats.scp" --exp "${exp}" --config "${config}" \
  --objective "${systems}" --seed "${seeds}" ${options}
for objective in ${systems//,/ }; do
  for seed in ${seeds//,/ }; do
    system="${objective}_seed${seed}"
    ask "${dump}" leakage
    ask "${dump}_unheard" leakage_unheard
    if [[ "${options}" == *"--bottleneck noise"* ]]; then
      ask "${dump}" leakage_mean --draws "${draws}"
      ask "${dump}_unheard" leakage_unheard_mean --draws "${draws}"
    fi
  done
done
