#!/usr/bin/env bash
# RAVDESS: how much of the speaker is left, and how much of the emotion, by system and bottleneck.
set -euo pipefail
cd "$(dirname "$0")"
. ./path.sh
. ./cmd.sh

corpus_root=                   # folder of Actor_01 to Actor_24
config=conf/invariance.yaml    # features and training, but for what a point changes
points=conf/invariance.points  # what is trained: point, systems, seeds, options of menan-train
swap=false                     # train on the release's other emotions?
stage=0
stop_stage=2
work=. # data/, dump/ and exp/ are made in it
nj=2   # jobs of the feature dump

help_message="Usage: ./invariance.sh --corpus-root <folder of Actor_01 ... Actor_24> [options]

Paths are relative to $(pwd).
  --stage 0 --stop-stage 2           0 data and features, 1 training and probes, 2 front
  --config conf/invariance.yaml      features and training, but for what a point changes
  --points conf/invariance.points    a line a point: name, systems, seeds, options of menan-train
  --swap false                       true: train on calm, disgusted, fearful and surprised instead of
                                     angry, happy, neutral and sad, which are then the unheard ones
  --work .                           where data/, dump/ and exp/ are made
  --nj 2                             jobs of the feature dump"
. ../../utils/parse_options.sh

name=$(basename "${config}" .yaml)
usual="${work}/dump/ravdess_${name}"
other="${usual}_other"
case "${swap}" in
  false) dump="${usual}" unheard="${other}" exp="${work}/exp/${name}" ;;
  true) dump="${other}" unheard="${usual}" exp="${work}/exp/${name}_swapped" ;;
  *)
    echo "$0: error: --swap is true or false, not '${swap}'" >&2
    exit 1
    ;;
esac

runs() { [ "${stage}" -le "$1" ] && [ "${stop_stage}" -ge "$1" ]; }
say() { echo "== stage $1: $2"; }

if runs 0; then
  ./run.sh --corpus-root "${corpus_root}" --config "${config}" --work "${work}" --nj "${nj}" \
    --stop-stage 2
  local/other_emotions.sh "${corpus_root}" "${work}/data/ravdess_other"
  menan-dump --data "${work}/data/ravdess_other" --out "${other}" --config "${config}" \
    --nj "${nj}" --cmd "${dump_cmd}"
  menan-validate "${other}"
fi

if runs 1; then
  mapfile -t lines < <(grep -v '^#' "${points}")
  say 1 "training and probes: ${#lines[@]} lines of ${points} -> ${exp} (log: ${exp}/log/point.*.log)"
  # One thread each: a job is many small steps.
  # shellcheck disable=SC2086 # a launcher is a command with options
  ${train_cmd} --num-threads 1 JOB=1:"${#lines[@]}" "${exp}/log/point.JOB.log" \
    each.py JOB "${lines[@]}" -- \
    local/invariance_point.sh "${dump}" "${unheard}" "${exp}" "${config}" {}
fi

if runs 2; then
  say 2 "front -> ${exp}/front.md, ${exp}/front.png"
  menan-front --study "${exp}" --out "${exp}/front"
fi
