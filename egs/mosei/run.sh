#!/usr/bin/env bash
# CMU-MOSEI: the fold models of egs/iemocap on another corpus, Table 3.
set -euo pipefail
cd "$(dirname "$0")"
. ./path.sh
. ./cmd.sh

corpus_root=                # holds Raw/Audio/Full/WAV_16000 and CMU_MOSEI_Labels.csd
models=../iemocap/exp/paper # an experiment of egs/iemocap, trained
config=conf/paper.yaml      # the features of these models
stage=0
stop_stage=5
work=.     # data/, dump/ and exp/ are made in it
nj=2       # jobs of the feature dump
device=cpu # cpu or cuda
rule=best-ua

help_message="Usage: ./run.sh --corpus-root <CMU-MOSEI> [options]

Paths are relative to $(pwd).
  --models ../iemocap/exp/paper   an experiment of egs/iemocap, trained
  --stage 0 --stop-stage 5   0 prepare and validate, 1 the models' folds, 2 features,
                             3 (nothing is trained), 4 inference and scoring, 5 report
  --config conf/paper.yaml   or conf/quick.yaml, conf/train_invariant.yaml: as the models
  --work .                   where data/, dump/ and exp/ are made
  --nj 2                     jobs of the feature dump
  --device cpu               cpu or cuda
  --rule best-ua             selection rule: best-ua, best-wa, best-loss, last"
command_line="./run.sh $*"
. ../../utils/parse_options.sh

name=$(basename "${config}" .yaml)
data="${work}/data/mosei"
dump="${work}/dump/mosei_${name}"
exp="${work}/exp/${name}"

gpu=() # what a job asks for
[ "${device}" != cuda ] || gpu=(--gpu 1)

runs() { [ "${stage}" -le "$1" ] && [ "${stop_stage}" -ge "$1" ]; }
say() { echo "== stage $1: $2"; }

if runs 0; then
  say 0 "prepare and validate: ${corpus_root:-<no --corpus-root>} -> ${data}"
  menan-prepare mosei "${corpus_root:?name the release with --corpus-root}" "${data}"
  menan-validate "${data}"
fi

if runs 1; then
  say 1 "folds: the models of ${models}, each trained without its fold's two speakers"
  ls -d "${models}"/*_seed*/*/*."${rule}".safetensors
fi

if runs 2; then
  say 2 "features: ${data} -> ${dump}"
  menan-dump --data "${data}" --out "${dump}" --config "${config}" \
    --nj "${nj}" --cmd "${dump_cmd} ${gpu[*]}" --device "${device}"
  menan-validate "${dump}"
fi

if runs 3; then
  say 3 "training: none, the models are those of ${models}"
fi

if runs 4; then
  say 4 "inference and scoring: all utterances by every fold's model -> ${exp}"
  systems=("${models}"/*_seed*)
  systems=("${systems[@]##*/}")
  # shellcheck disable=SC2086 # a launcher is a command with options
  ${infer_cmd} "${gpu[@]}" JOB=1:"${#systems[@]}" "${exp}/log/infer.JOB.log" \
    each.py JOB "${systems[@]}" -- \
    menan-infer --model "${models}/{}" --rule "${rule}" --feats "${dump}/feats.scp" \
    --out "${exp}/{}" --device "${device}"
  for system in "${systems[@]}"; do
    out="${exp}/${system}"
    for fold in "${out}"/*/; do
      menan-score --ref "${data}/utt2emo" --hyp "${fold}" --json "${fold}score.json" \
        >"${fold}score.txt"
    done
  done
fi

if runs 5; then
  say 5 "report -> ${exp}/RESULTS.md"
  menan-results --cross "${exp}" --ref "${data}/utt2emo" \
    --out "${exp}/RESULTS.md" --json "${exp}/results.json" --command "${command_line}"
  echo "report: $(pwd)/${exp}/RESULTS.md"
fi
