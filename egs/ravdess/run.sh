#!/usr/bin/env bash
# RAVDESS: the paper's protocol on open data, with twelve pairs of speakers.
#
#   ./run.sh --corpus-root /corpora/ravdess                          the paper's protocol
#   ./run.sh --corpus-root /corpora/ravdess --config conf/quick.yaml
#   ./run.sh --corpus-root /corpora/ravdess --emotions all           all eight emotions of the release
#   ./run.sh --corpus-root /corpora/ravdess --config conf/whisper.yaml   on a pretrained encoder
#   ./run.sh --corpus-root /corpora/ravdess --config conf/emobox.yaml --emotions all \
#     --groups conf/emobox.groups --rule last \
#     --published conf/emobox.published                              the protocol of EmoBox
#
# The stages are those of ../TEMPLATE/ser.sh; ./run.sh --help lists the options.
set -euo pipefail
cd "$(dirname "$0")"

CORPUS=ravdess
CORPUS_ROOT="folder of Actor_01 ... Actor_24"
. ../TEMPLATE/ser.sh
