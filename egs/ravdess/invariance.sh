#!/usr/bin/env bash
# RAVDESS: what systems and bottlenecks reveal about the speaker, and how well they tell emotions.
set -euo pipefail
cd "$(dirname "$0")"
. ./path.sh
. ./cmd.sh

corpus_root=
config=conf/invariance.yaml
points=conf/invariance.points
swap=false
stage=0
stop_stage=2
work=.
nj=2

# The emotions of the release that the paper's four leave out.
OTHER_EMOTIONS=calm,disgust,fearful,surprised

help_message="Usage: ./invariance.sh --corpus-root <folder of Actor_01 ... Actor_24> [options]

Paths are relative to $(pwd).
  --stage 0 --stop-stage 2           0 data and features, 1 training and probes, 2 trade-off
  --config conf/invariance.yaml      features and training, except for what a point changes
  --points conf/invariance.points    one line per training: point, systems, seeds, options of
                                     menan-train
  --swap false                       true: train on ${OTHER_EMOTIONS} instead of
                                     angry, happy, neutral and sad, which are then the unheard ones
  --work .                           where data/, dump/ and exp/ are created
  --nj 2                             jobs of the feature extraction"
. ../../utils/parse_options.sh
. ../../utils/stages.sh

name="$(basename "${config}" .yaml)"
usual="${work}/dump/ravdess_${name}"
other="${usual}$(label_suffix "${OTHER_EMOTIONS}" "")"
case "${swap}" in
  false) dump="${usual}" unheard="${other}" exp="${work}/exp/${name}" ;;
  true) dump="${other}" unheard="${usual}" exp="${work}/exp/${name}_swapped" ;;
  *)
    echo "$0: error: --swap is true or false, not '${swap}'" >&2
    exit 1
    ;;
esac

if runs 0; then
  for emotions in "" "${OTHER_EMOTIONS}"; do
    ./run.sh --corpus-root "${corpus_root}" --config "${config}" --work "${work}" --nj "${nj}" \
      --emotions "${emotions}" --stop-stage 2
  done
fi

if runs 1; then
  mapfile -t lines < <(grep -v '^#' "${points}")
  say 1 "training and probes: ${#lines[@]} lines of ${points} -> ${exp} (log: ${exp}/log/point.*.log)"
  # One thread per job: a training consists of many small steps.
  ${train_cmd} --num-threads 1 JOB=1:"${#lines[@]}" "${exp}/log/point.JOB.log" \
    each.py JOB "${lines[@]}" -- \
    local/invariance_point.sh "${dump}" "${unheard}" "${exp}" "${config}" {}
fi

if runs 2; then
  say 2 "trade-off -> ${exp}/front.md, ${exp}/front.png"
  menan-front --study "${exp}" --out "${exp}/front"
fi
