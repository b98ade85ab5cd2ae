#!/usr/bin/env bash
# Emo-DB: the paper's protocol on ten actors and seven emotions, in German (emodb.bilderbar.info).
#
#   ./run.sh --corpus-root /corpora/emodb                                   five pairs of speakers
#   ./run.sh --corpus-root /corpora/emodb --config conf/quick.yaml
#   ./run.sh --corpus-root /corpora/emodb --emotions angry,happy,neutral,sad
#
# Published figures often come from folds that share speakers; those of this recipe never do.
#
# The stages are those of ../TEMPLATE/ser.sh; ./run.sh --help lists the options.
set -euo pipefail
cd "$(dirname "$0")"

CORPUS=emodb
CORPUS_ROOT="folder with wav"
. ../TEMPLATE/ser.sh
