#!/usr/bin/env bash
# CMU-MOSEI: tests the models of egs/iemocap on another corpus (Table 3 of the paper).
set -euo pipefail
cd "$(dirname "$0")"
. ./path.sh
. ./cmd.sh

corpus_root=
models=../iemocap/exp/paper
config=conf/paper.yaml
pretrained=
stage=0
stop_stage=5
work=.
nj=2
device=cpu
rule=best-ua

help_message="Usage: ./run.sh --corpus-root <CMU-MOSEI> [options]

Paths are relative to $(pwd).
  --models ../iemocap/exp/paper   experiment of egs/iemocap with trained models
  --stage 0 --stop-stage 5   0 prepare and validate, 1 folds of the models, 2 features,
                             3 (nothing is trained), 4 inference and scoring, 5 report
  --config conf/paper.yaml   features of the models; see also the other files in conf/
  --pretrained DIR_OR_NAME   where the encoder of a front-end pretrained lies
  --work .                   where data/, dump/ and exp/ are created
  --nj 2                     jobs of feature extraction and inference
  --device cpu               cpu or cuda
  --rule best-ua             selection rule: best-ua, best-wa, best-loss, last"
command_line="./run.sh $*"
. ../../utils/parse_options.sh
. ../../utils/stages.sh

name="$(basename "${config}" .yaml)"
data="${work}/data/mosei"
dump="${work}/dump/mosei_${name}"
exp="${work}/exp/${name}"

encoder=() # options of menan-dump
[ -z "${pretrained}" ] || encoder=(--pretrained "${pretrained}")
gpu=() # options of the launcher
[ "${device}" != cuda ] || gpu=(--gpu 1)
# A launcher is a command with options, so ${train_cmd} and its like are not quoted.

if runs 0; then
  say 0 "prepare and validate: ${corpus_root:-<no --corpus-root>} -> ${data}"
  menan-prepare mosei "${corpus_root:?name the release with --corpus-root}" "${data}"
  menan-validate "${data}"
fi

if runs 1; then
  say 1 "folds: the models of ${models}, each trained without the two speakers of its fold"
  ls -d "${models}"/*_seed*/*/*."${rule}".safetensors
fi

if runs 2; then
  say 2 "features: ${data} -> ${dump}"
  menan-dump --data "${data}" --out "${dump}" --config "${config}" \
    --nj "${nj}" --cmd "${dump_cmd} ${gpu[*]}" --device "${device}" "${encoder[@]}"
  menan-validate "${dump}"
fi

if runs 3; then
  say 3 "training: none, the models are those of ${models}"
fi

if runs 4; then
  say 4 "inference and scoring: all utterances with the models of every fold -> ${exp}"
  ${infer_cmd} "${gpu[@]}" JOB=1:"${nj}" "${exp}/log/infer.JOB.log" \
    menan-infer --model "${models}" --rule "${rule}" --feats "${dump}/feats.scp" \
    --out "${exp}" --device "${device}" --share "JOB/${nj}" --noise-seed 0
  find_systems "${exp}"
  for system in "${systems[@]}"; do
    for out in "${exp}/${system}"/*/; do
      menan-score --ref "${data}/utt2emo" --hyp "${out}" --json "${out}score.json" >"${out}score.txt"
    done
  done
fi

if runs 5; then
  say 5 "report -> ${exp}/RESULTS.md"
  menan-results --cross "${exp}" --ref "${data}/utt2emo" \
    --out "${exp}/RESULTS.md" --json "${exp}/results.json" --command "${command_line}"
  echo "report: $(realpath "${exp}/RESULTS.md")"
fi
