#!/usr/bin/env bash
# RAVDESS: the models that come with menan. Each is trained on all 24 speakers; the UA in its card is that of
# models with the same settings, on pairs of speakers that were held out in turn.
set -euo pipefail
cd "$(dirname "$0")"
. ./path.sh
. ./cmd.sh

corpus_root=
pretrained=
work=.
out=../../menan/shipped

LICENCE="RAVDESS (Livingstone and Russo 2018) is under CC BY-NC-SA 4.0: not for commercial use"
NOT_FOR="decisions about people; emotions as felt: 24 actors spoke two sentences in North American English; other languages"

help_message="Usage: ./models.sh --corpus-root <folder of Actor_01 ... Actor_24> --pretrained <Whisper base> [options]

Paths are relative to $(pwd).
  --pretrained DIR_OR_NAME   where Whisper base lies
  --work .                   where data/, dump/ and exp/ are created
  --out ../../menan/shipped  where the models are written"
. ../../utils/parse_options.sh

# ship <name> <configuration>
ship() {
  local name=$1 config=$2
  ./run.sh --corpus-root "${corpus_root}" --work "${work}" --config "conf/${config}.yaml" --rule last \
    --stop-stage 3 "${encoder[@]}"
  menan-train --feats "${work}/dump/ravdess_${config}/feats.scp" --exp "${work}/exp/all_${config}" \
    --config "conf/${config}.yaml" --objective menan --seed 0 --hold-out none
  menan-publish --model "${work}/exp/all_${config}/menan_seed0/all/all.last.safetensors" \
    --exp "${work}/exp/${config}" --licence "${LICENCE}" --not-for "${NOT_FOR}" \
    --out "${out}/${name}.safetensors" "${hub[@]}"
}

encoder=() hub=()
ship ravdess-kaldi cpu
ship ravdess-logmel no_pitch
encoder=(--pretrained "${pretrained:?name the encoder with --pretrained}") hub=(--pretrained openai/whisper-base)
ship ravdess-whisper whisper_invariant
