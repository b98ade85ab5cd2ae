#!/usr/bin/env bash
# CREMA-D: the paper's protocol on 91 actors and six emotions (github.com/CheyneyComputerScience/CREMA-D).
#
#   ./run.sh --corpus-root /corpora/CREMA-D --group-size 9                  ten groups of nine speakers or more
#   ./run.sh --corpus-root /corpora/CREMA-D --group-size 9 --config conf/quick.yaml
#   ./run.sh --corpus-root /corpora/CREMA-D --group-size 9 --emotions angry,happy,neutral,sad
#
# The emotions are those that were acted. For those that listeners heard, run stage 0 by hand:
#   menan-prepare cremad /corpora/CREMA-D data/cremad --labels perceived
#
# The stages are those of ../TEMPLATE/ser.sh; ./run.sh --help lists the options.
set -euo pipefail
cd "$(dirname "$0")"

CORPUS=cremad
CORPUS_ROOT="folder with AudioWAV"
. ../TEMPLATE/ser.sh
