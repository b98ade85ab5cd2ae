#!/usr/bin/env bash
# Any corpus of EmoBox (github.com/emo-box/EmoBox), by its manifests, labels and folds.
#
#   ./run.sh --corpus-root EmoBox/data/savee --audio-root /corpora --work savee
#   ./run.sh --corpus-root EmoBox/data/ravdess --audio-root /corpora/ravdess --work ravdess \
#     --config ../ravdess/conf/emobox.yaml --rule last --published ../ravdess/conf/emobox.published
#
# Each corpus needs a --work of its own. Folds that keep two or more speakers apart become the groups
# that are held out; data/emobox/utt2fold or utt2split has the others.
#
# The stages are those of ../TEMPLATE/ser.sh; ./run.sh --help lists the options.
set -euo pipefail
cd "$(dirname "$0")"

CORPUS=emobox
CORPUS_ROOT="EmoBox/data/<corpus>"
. ../TEMPLATE/ser.sh
