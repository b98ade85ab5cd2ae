#!/usr/bin/env bash
# One line of conf/invariance.points: train its systems on one dump, then probe the embeddings of its
# utterances and of the utterances of another dump, of the same speakers, that no training used.
# Usage: local/invariance_point.sh DUMP UNHEARD EXP CONFIG "POINT SYSTEMS SEEDS [OPTION...]"
set -euo pipefail
dump=$1 unheard=$2 exp=$3 config=$4
read -r point objectives seeds options <<<"$5"
exp="${exp}/${point}"
draws=32 # number of draws that an eavesdropper averages

# Probe a system: its name, the dump, the folder of the results, options of menan-infer.
probe() {
  local feats="$2/feats.scp" embeddings="${exp}/infer/$3/$1"
  # The network of the last epoch: no selection rule chose it.
  menan-infer --model "${exp}/$1" --rule last --feats "${feats}" --out "${embeddings}" \
    --noise-seed 0 "${@:4}"
  if [ -d "${embeddings}" ]; then
    menan-probe --embeddings "${embeddings}" --feats "${feats}" --out "${exp}/$3/$1.json"
  fi
}

# shellcheck disable=SC2086 # options are words
menan-train --feats "${dump}/feats.scp" --exp "${exp}" --config "${config}" \
  --objective "${objectives}" --seed "${seeds}" ${options}
for objective in ${objectives//,/ }; do
  for seed in ${seeds//,/ }; do
    # An objective whose settings are not the defaults has them in its name: menan-lambda0.2_seed0.
    for system in "${exp}/${objective}"{,-*}"_seed${seed}"; do
      [ -d "${system}" ] || continue
      system="$(basename "${system}")"
      probe "${system}" "${dump}" leakage
      probe "${system}" "${unheard}" leakage_unheard
      mean=(--draws "${draws}" --skip-deterministic true)
      probe "${system}" "${dump}" leakage_mean "${mean[@]}"
      probe "${system}" "${unheard}" leakage_unheard_mean "${mean[@]}"
    done
  done
done
