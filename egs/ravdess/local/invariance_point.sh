#!/usr/bin/env bash
# One line of conf/invariance.points: train its systems on one dump, embed and probe its utterances
# and those of another, of the same speakers, that no training heard.
# Usage: local/invariance_point.sh DUMP UNHEARD EXP CONFIG "POINT SYSTEMS SEEDS [OPTION...]"
set -euo pipefail
dump=$1 unheard=$2 exp=$3 config=$4
read -r point systems seeds options <<<"$5"
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
    ask "${unheard}" leakage_unheard
    if [[ "${options}" == *"--bottleneck noise"* ]]; then
      ask "${dump}" leakage_mean --draws "${draws}"
      ask "${unheard}" leakage_unheard_mean --draws "${draws}"
    fi
  done
done
