# shellcheck shell=bash
# The six stages of a recipe that trains and tests on one corpus. A recipe's run.sh sets two variables
# and sources this file:
#   CORPUS        name of the corpus for menan-prepare, and of its directories
#   CORPUS_ROOT   what --corpus-root names, for the help text
. ./path.sh
. ./cmd.sh

corpus_root=
audio_root=
config=conf/paper.yaml
emotions=
map=
groups=
group_size=
group_seed=
pretrained=
published=
probe_seeds=
plugin=
stage=0
stop_stage=5
work=.
nj=2
train_nj=1
device=cpu
rule=best-ua

help_message="Usage: ./run.sh --corpus-root <${CORPUS_ROOT:?}> [options]

Paths are relative to $(pwd).
  --audio-root DIR           folder of the audio, where the corpus names it apart (egs/emobox)
  --stage 0 --stop-stage 5   0 prepare and validate, 1 folds, 2 features, 3 training,
                             4 inference and scoring, 5 probes, t-SNE and report
  --config conf/paper.yaml   features, model, training and runs; see also the other files in conf/
  --emotions a,b,...         labels to keep, or all; default: those of the paper
  --map old=new,...          new names for labels of the release
  --groups FILE              speakers and groups of a published protocol: what is held out together
  --group-size N             hold N speakers out together, as many women as men; --group-seed K draws others
  --pretrained DIR_OR_NAME   where the encoder of a front-end pretrained lies
  --published FILE           figures by the same protocol that stand in the report beside ours
  --probe-seeds 0,1          probe the systems of these seeds only; default: all
  --plugin FILE.py           front-end, encoder, objective or bottleneck of your own
  --work .                   where data/, dump/ and exp/ are created
  --nj 2                     jobs of feature extraction, inference and probes
  --train-nj 1               jobs of the training; one trains all models side by side on the threads
                             of train_cmd in cmd.sh, several take one thread each
  --device cpu               cpu or cuda
  --rule best-ua             selection rule: best-ua, best-wa, best-loss, last"
command_line="./run.sh $*"
. ../../utils/parse_options.sh
. ../../utils/stages.sh

choices="$(label_suffix "${emotions}" "${map}")$(group_suffix "${groups}" "${group_size}" "${group_seed}")"
data="${work}/data/${CORPUS:?}${choices}"
name="$(basename "${config}" .yaml)${choices}"
dump="${work}/dump/${CORPUS}_${name}"
exp="${work}/exp/${name}"

choice=() # options of menan-prepare
[ -z "${audio_root}" ] || choice+=(--audio-root "${audio_root}")
[ -z "${emotions}" ] || choice+=(--emotions "${emotions}")
[ -z "${map}" ] || choice+=(--map "${map}")
grouping=() # options of menan-folds
[ -z "${groups}" ] || grouping+=(--groups "${groups}")
[ -z "${group_size}" ] || grouping+=(--group-size "${group_size}")
[ -z "${group_seed}" ] || grouping+=(--group-seed "${group_seed}")
encoder=() # options of menan-dump
[ -z "${pretrained}" ] || encoder=(--pretrained "${pretrained}")
plugins=() # options of the commands that read models or features
[ -z "${plugin}" ] || plugins=(--plugin "${plugin}")
beside=() # options of menan-results
[ -z "${published}" ] || beside=(--published "${published}")
gpu=() # options of the launcher
[ "${device}" != cuda ] || gpu=(--gpu 1)
threads=() # options of the launcher of training
[ "${train_nj}" = 1 ] || threads=(--num-threads 1)
# A launcher is a command with options, so ${train_cmd} and its like are not quoted.

if runs 0; then
  say 0 "prepare and validate: ${corpus_root:-<no --corpus-root>} -> ${data}"
  menan-prepare "${CORPUS}" "${corpus_root:?name the release with --corpus-root}" "${data}" "${choice[@]}"
  menan-validate "${data}"
fi

if runs 1; then
  say 1 "folds: ${data}/spk2group -> ${data}/folds.tsv"
  menan-folds "${data}" "${grouping[@]}"
fi

if runs 2; then
  say 2 "features: ${data} -> ${dump}"
  menan-dump --data "${data}" --out "${dump}" --config "${config}" \
    --nj "${nj}" --cmd "${dump_cmd} ${gpu[*]}" --device "${device}" "${encoder[@]}" "${plugins[@]}"
  menan-validate "${dump}" "${plugins[@]}"
fi

if runs 3; then
  say 3 "training: ${dump}/feats.scp -> ${exp}/<objective>_seed<k>/<group> (log: ${exp}/log/train.*.log)"
  ${train_cmd} "${gpu[@]}" "${threads[@]}" JOB=1:"${train_nj}" "${exp}/log/train.JOB.log" \
    menan-train --feats "${dump}/feats.scp" --exp "${exp}" --config "${config}" \
    --device "${device}" --share "JOB/${train_nj}" "${plugins[@]}"
fi

if runs 4; then
  say 4 "inference and scoring: the test speaker of every fold -> ${exp}/infer"
  # With a public noise seed the results can be repeated; a release takes --noise-key instead.
  ${infer_cmd} "${gpu[@]}" JOB=1:"${nj}" "${exp}/log/infer.JOB.log" \
    menan-infer --model "${exp}" --rule "${rule}" --feats "${dump}/feats.scp" \
    --out "${exp}/infer" --device "${device}" --share "JOB/${nj}" \
    --test-speakers-only true --noise-seed 0 "${plugins[@]}"
  find_systems "${exp}"
  for system in "${systems[@]}"; do
    out="${exp}/infer/${system}"
    menan-score --ref "${data}/utt2emo" --hyp "${out}" --json "${out}/score.json" >"${out}/score.txt"
    echo "${system}: $(head -n 1 "${out}/score.txt") (${out}/score.txt)"
  done
fi

if runs 5; then
  say 5 "probes, t-SNE and report -> ${exp}/RESULTS.md, ${exp}/report.html"
  # All folds of a group share the network of the last epoch, and no selection rule chose it.
  ${infer_cmd} "${gpu[@]}" JOB=1:"${nj}" "${exp}/log/infer_last.JOB.log" \
    menan-infer --model "${exp}" --rule last --feats "${dump}/feats.scp" \
    --out "${exp}/infer/last" --device "${device}" --share "JOB/${nj}" --noise-seed 0 "${plugins[@]}"
  # Noise can be averaged away by collecting many draws, so the mean of 32 draws is probed as well.
  ${infer_cmd} "${gpu[@]}" JOB=1:"${nj}" "${exp}/log/infer_mean.JOB.log" \
    menan-infer --model "${exp}" --rule last --feats "${dump}/feats.scp" \
    --out "${exp}/infer/mean" --device "${device}" --share "JOB/${nj}" \
    --noise-seed 0 --draws 32 --skip-deterministic true "${plugins[@]}"
  find_systems "${exp}/infer/last" "${probe_seeds}"
  ${probe_cmd} JOB=1:"${nj}" "${exp}/log/probe.JOB.log" \
    menan-probe --embeddings "${exp}/infer/last/{}" --feats "${dump}/feats.scp" \
    --out "${exp}/leakage/{}.json" --each "$(joined "${systems[@]}")" --share "JOB/${nj}" "${plugins[@]}"
  if [ -d "${exp}/infer/mean" ]; then
    find_systems "${exp}/infer/mean" "${probe_seeds}"
    ${probe_cmd} JOB=1:"${nj}" "${exp}/log/probe_mean.JOB.log" \
      menan-probe --embeddings "${exp}/infer/mean/{}" --feats "${dump}/feats.scp" \
      --out "${exp}/leakage/{}.mean.json" --each "$(joined "${systems[@]}")" --share "JOB/${nj}" "${plugins[@]}"
  fi
  menan-tsne --data "${dump}" --exp "${exp}" --out "${exp}/tsne" "${plugins[@]}"
  menan-results --exp "${exp}" --rule "${rule}" --leakage "${exp}/leakage" \
    --tsne "${exp}/tsne" --out "${exp}/RESULTS.md" --json "${exp}/results.json" \
    --html "${exp}/report.html" --command "${command_line}" "${beside[@]}" "${plugins[@]}"
  echo "report: $(realpath "${exp}/report.html")"
fi
