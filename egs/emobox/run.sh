#!/usr/bin/env bash
# Any corpus of EmoBox (github.com/emo-box/EmoBox), by its manifests, labels and folds.
#
#   ./run.sh --corpus-root EmoBox/data/savee --audio-root /corpora --work savee
#   ./run.sh --corpus-root EmoBox/data/ravdess --audio-root /corpora/ravdess --work ravdess \
#     --config ../ravdess/conf/emobox.yaml --rule last --published ../ravdess/conf/emobox.published
#
# Each corpus needs a --work of its own. Which configuration follows the folds of EmoBox:
#   conf/paper.yaml    folds that keep two or more speakers apart: they become the groups that are held out
#   conf/folds.yaml    other folds (data/emobox/utt2fold): one model per fold
#   conf/split.yaml    corpora of one fold (data/emobox/utt2split)
# Where a fold has no valid part, take the last epoch: --rule last.
#
# The stages are those of ../TEMPLATE/ser.sh; ./run.sh --help lists the options.
set -euo pipefail
cd "$(dirname "$0")"

CORPUS=emobox
CORPUS_ROOT="EmoBox/data/<corpus>"
. ../TEMPLATE/ser.sh
