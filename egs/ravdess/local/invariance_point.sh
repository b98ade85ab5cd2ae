#!/usr/bin/env bash
# One line of conf/invariance.points: train its systems, embed all utterances, probe.
# Usage: local/invariance_point.sh DUMP EXP CONFIG "POINT SYSTEMS SEEDS [OPTION...]"
set -euo pipefail
dump=$1 exp=$2 config=$3
read -r point systems seeds options <<<"$4"
exp="${exp}/${point}"
draws=32 # that an eavesdropper averages

# shellcheck disable=SC2086 # options are words
menan-train --feats "${dump}/feats.scp" --exp "${exp}" --config "${config}" \
  --objective "${systems}" --seed "${seeds}" ${options}
for objective in ${systems//,/ }; do
  for seed in ${seeds//,/ }; do
    system="${objective}_seed${seed}"
    # The last epoch's network: nobody chose it.
    menan-infer --model "${exp}/${system}" --rule last --feats "${dump}/feats.scp" \
      --out "${exp}/infer/one/${system}"
    menan-probe --embeddings "${exp}/infer/one/${system}" --feats "${dump}/feats.scp" \
      --out "${exp}/leakage/${system}.json"
    if [[ "${options}" == *"--bottleneck noise"* ]]; then
      menan-infer --model "${exp}/${system}" --rule last --feats "${dump}/feats.scp" \
        --out "${exp}/infer/mean/${system}" --draws "${draws}"
      menan-probe --embeddings "${exp}/infer/mean/${system}" --feats "${dump}/feats.scp" \
        --out "${exp}/leakage_mean/${system}.json"
    fi
  done
done
