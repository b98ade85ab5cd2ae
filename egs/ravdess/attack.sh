#!/usr/bin/env bash
# RAVDESS: attacks on a protected system and on the posteriors of an unprotected one (docs/attack.md).
set -euo pipefail
cd "$(dirname "$0")"
. ./path.sh
. ./cmd.sh

corpus_root=
config=conf/train_invariant.yaml
rival=conf/invariance.yaml
pretrained=
seed=0,1,2,3,4
group_size=6
groupings="0 1"
stage=0
stop_stage=3
work=.
nj=2

# The emotions of the release that the paper's four leave out: nobody is trained on them.
OTHER_EMOTIONS=calm,disgust,fearful,surprised

help_message="Usage: ./attack.sh --corpus-root <folder of Actor_01 ... Actor_24> [options]

Paths are relative to $(pwd).
  --stage 0 --stop-stage 3           0 data and features, 1 training, 2 attacks, 3 report
  --config conf/train_invariant.yaml the protected system: features, model and training
  --rival conf/invariance.yaml       the unprotected system, trained with ec on the same features
  --pretrained DIR_OR_NAME           where the encoder of a front-end pretrained lies
  --seed 0,1,2,3,4                   seeds of both systems
  --group-size 6                     speakers held out at once
  --groupings '0 1'                  seeds of the groups (menan-folds --group-seed)
  --work .                           where data/, dump/ and exp/ are created
  --nj 2                             jobs of the feature extraction"
command_line="./attack.sh $*"
. ../../utils/parse_options.sh
. ../../utils/stages.sh

name="$(basename "${config}" .yaml)"
usual="${work}/dump/ravdess_${name}"
other="${usual}$(label_suffix "${OTHER_EMOTIONS}" "")"
exp="${work}/exp/attack_${name}"
data="${work}/data/ravdess_all"
encoder=() # option of run.sh
[ -z "${pretrained}" ] || encoder=(--pretrained "${pretrained}")
read -ra grouping <<<"${groupings}"

if runs 0; then
  for emotions in "" "${OTHER_EMOTIONS}"; do
    ./run.sh --corpus-root "${corpus_root}" --config "${config}" --work "${work}" --nj "${nj}" \
      --emotions "${emotions}" --stop-stage 2 "${encoder[@]}"
  done
  # Texts and intensities of all utterances: labels on which nobody is trained.
  menan-prepare ravdess "${corpus_root}" "${data}" --emotions all
fi

if runs 1; then
  say 1 "training: ${#grouping[@]} groupings -> ${exp}/<grouping>/<system>_seed<k> (log: ${exp}/log)"
  for number in "${grouping[@]}"; do
    # The matrices stay where they are; a grouping is a dump with another spk2group.
    mkdir -p "${exp}/dump${number}"
    find "${usual}" -maxdepth 1 -type f ! -name '*.ark' -exec cp {} "${exp}/dump${number}" \;
    menan-folds "${exp}/dump${number}" --group-size "${group_size}" --group-seed "${number}" >"${exp}/folds${number}.txt"
  done
  # One thread per job: a training consists of many small steps.
  ${train_cmd} --num-threads 1 JOB=1:"${#grouping[@]}" "${exp}/log/train.JOB.log" \
    each.py JOB "${grouping[@]}" -- \
    local/attack_train.sh "${exp}" {} "${config}" "${rival}" "${seed}"
fi

if runs 2; then
  say 2 "attacks -> ${exp}/attacks (log: ${exp}/log/attack.*.log)"
  ${probe_cmd} JOB=1:"${#grouping[@]}" "${exp}/log/attack.JOB.log" \
    each.py JOB "${grouping[@]}" -- \
    menan-attack --model "${exp}/{}/menan" --rival "${exp}/{}/ec" --feats "${exp}/dump{}/feats.scp" \
    --other-feats "${other}/feats.scp" --labels "${data}" --out "${exp}/attacks/grouping{}.json"
fi

if runs 3; then
  say 3 "report -> ${exp}/RESULTS.md, ${exp}/report.html"
  menan-results --attacks "${exp}/attacks" --out "${exp}/RESULTS.md" --json "${exp}/results.json" \
    --html "${exp}/report.html" --command "${command_line}" >"${exp}/log/report.log"
fi
