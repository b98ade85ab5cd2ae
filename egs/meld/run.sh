#!/usr/bin/env bash
# MELD: seven emotions in scenes of the series Friends (affective-meld.github.io).
#
#   ./run.sh --corpus-root /corpora/MELD.Raw --group-size 50                groups of 50 characters or more
#   ./run.sh --corpus-root /corpora/MELD.Raw --group-size 50 --config conf/quick.yaml
#
# The release has videos. Extract the audio first, beside each clip:
#   find /corpora/MELD.Raw -name "dia*.mp4" -exec sh -c 'ffmpeg -i "$1" -ac 1 -ar 16000 "${1%.mp4}.wav"' _ {} ";"
# The official split, whose parts share characters: --config conf/split.yaml.
#
# The stages are those of ../TEMPLATE/ser.sh; ./run.sh --help lists the options.
set -euo pipefail
cd "$(dirname "$0")"

CORPUS=meld
CORPUS_ROOT="folder with train_sent_emo.csv"
. ../TEMPLATE/ser.sh
