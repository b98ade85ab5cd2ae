#!/usr/bin/env bash
# IEMOCAP: from the release on disk to Table 2 and Fig. 2.
set -euo pipefail
cd "$(dirname "$0")"
. ./path.sh
. ./cmd.sh

corpus_root=           # IEMOCAP_full_release
config=conf/paper.yaml # features, training and runs
stage=0
stop_stage=5
work=.     # data/, dump/ and exp/ are made in it
nj=2       # jobs of the feature dump
train_nj=1 # jobs of the training, each with a share of the models
device=cpu # cpu or cuda
rule=best-ua

help_message="Usage: ./run.sh --corpus-root <IEMOCAP_full_release> [options]

Paths are relative to $(pwd).
  --stage 0 --stop-stage 5   0 prepare and validate, 1 folds, 2 features, 3 training,
                             4 inference and scoring, 5 probes, t-SNE and report
  --config conf/paper.yaml   or conf/quick.yaml, conf/train_invariant.yaml
  --work .                   where data/, dump/ and exp/ are made
  --nj 2                     jobs of the feature dump
  --train-nj 1               jobs of the training; one trains all models side by side
  --device cpu               cpu or cuda
  --rule best-ua             selection rule: best-ua, best-wa, best-loss, last"
command_line="./run.sh $*"
. ../../utils/parse_options.sh

name=$(basename "${config}" .yaml)
data="${work}/data/iemocap"
dump="${work}/dump/iemocap_${name}"
exp="${work}/exp/${name}"

gpu=() # what a job asks for
[ "${device}" != cuda ] || gpu=(--gpu 1)

runs() { [ "${stage}" -le "$1" ] && [ "${stop_stage}" -ge "$1" ]; }
say() { echo "== stage $1: $2"; }

if runs 0; then
  say 0 "prepare and validate: ${corpus_root:-<no --corpus-root>} -> ${data}"
  menan-prepare iemocap "${corpus_root:?name the release with --corpus-root}" "${data}"
  menan-validate "${data}"
fi

if runs 1; then
  say 1 "folds: ${data}/spk2group -> ${data}/folds.tsv"
  menan-folds "${data}"
fi

if runs 2; then
  say 2 "features: ${data} -> ${dump}"
  menan-dump --data "${data}" --out "${dump}" --config "${config}" \
    --nj "${nj}" --cmd "${dump_cmd} ${gpu[*]}" --device "${device}"
  menan-validate "${dump}"
fi

if runs 3; then
  say 3 "training: ${dump}/feats.scp -> ${exp}/<objective>_seed<k>/<session> (log: ${exp}/log/train.*.log)"
  # shellcheck disable=SC2086 # a launcher is a command with options
  ${train_cmd} "${gpu[@]}" JOB=1:"${train_nj}" "${exp}/log/train.JOB.log" \
    menan-train --feats "${dump}/feats.scp" --exp "${exp}" --config "${config}" \
    --device "${device}" --share "JOB/${train_nj}"
fi

if runs 4; then
  say 4 "inference and scoring: every fold's test speaker -> ${exp}/infer"
  systems=("${exp}"/*_seed*)
  systems=("${systems[@]##*/}")
  # shellcheck disable=SC2086
  ${infer_cmd} "${gpu[@]}" JOB=1:"${#systems[@]}" "${exp}/log/infer.JOB.log" \
    each.py JOB "${systems[@]}" -- \
    menan-infer --model "${exp}/{}" --rule "${rule}" --test-speakers-only true \
    --feats "${dump}/feats.scp" --out "${exp}/infer/{}" --device "${device}"
  for system in "${systems[@]}"; do
    out="${exp}/infer/${system}"
    menan-score --ref "${data}/utt2emo" --hyp "${out}" --json "${out}/score.json" \
      >"${out}/score.txt"
    echo "${system}: $(head -n 1 "${out}/score.txt") (${out}/score.txt)"
  done
fi

if runs 5; then
  say 5 "probes, t-SNE and report -> ${exp}/RESULTS.md, ${exp}/report.html"
  systems=("${exp}"/*_seed*)
  systems=("${systems[@]##*/}")
  # The last epoch's network is the same for all folds of a group, and nobody chose it.
  # shellcheck disable=SC2086
  ${infer_cmd} "${gpu[@]}" JOB=1:"${#systems[@]}" "${exp}/log/infer_last.JOB.log" \
    each.py JOB "${systems[@]}" -- \
    menan-infer --model "${exp}/{}" --rule last --feats "${dump}/feats.scp" \
    --out "${exp}/infer/last/{}" --device "${device}"
  # shellcheck disable=SC2086
  ${probe_cmd} JOB=1:"${#systems[@]}" "${exp}/log/probe.JOB.log" \
    each.py JOB "${systems[@]}" -- \
    menan-probe --embeddings "${exp}/infer/last/{}" --feats "${dump}/feats.scp" \
    --out "${exp}/leakage/{}.json"
  if grep -q '^[^#]*bottleneck: *noise' "${config}"; then
    # Who collects draws of an utterance averages the noise away: what is left to read then?
    # shellcheck disable=SC2086
    ${infer_cmd} "${gpu[@]}" JOB=1:"${#systems[@]}" "${exp}/log/infer_mean.JOB.log" \
      each.py JOB "${systems[@]}" -- \
      menan-infer --model "${exp}/{}" --rule last --feats "${dump}/feats.scp" \
      --out "${exp}/infer/mean/{}" --draws 32 --device "${device}"
    # shellcheck disable=SC2086
    ${probe_cmd} JOB=1:"${#systems[@]}" "${exp}/log/probe_mean.JOB.log" \
      each.py JOB "${systems[@]}" -- \
      menan-probe --embeddings "${exp}/infer/mean/{}" --feats "${dump}/feats.scp" \
      --out "${exp}/leakage/{}.mean.json"
  fi
  folds=("${exp}"/infer/last/menan_seed0/*/)
  fold=$(basename "${folds[0]}")
  menan-tsne --data "${dump}" --out "${exp}/tsne" \
    --hyp "${exp}/infer/last/mtl_seed0/${fold},${exp}/infer/last/menan_seed0/${fold}"
  menan-results --exp "${exp}" --rule "${rule}" --leakage "${exp}/leakage" \
    --tsne "${exp}/tsne" --out "${exp}/RESULTS.md" --json "${exp}/results.json" \
    --html "${exp}/report.html" --command "${command_line}"
  echo "report: $(pwd)/${exp}/report.html"
fi
