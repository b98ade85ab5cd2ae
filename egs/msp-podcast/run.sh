#!/usr/bin/env bash
# MSP-Podcast: eight emotions in podcasts (ecs.utdallas.edu/research/researchlabs/msp-lab).
#
#   ./run.sh --corpus-root /corpora/MSP-Podcast --group-size 100            groups of 100 speakers or more
#   ./run.sh --corpus-root /corpora/MSP-Podcast --group-size 100 --config conf/quick.yaml
#   ./run.sh --corpus-root /corpora/MSP-Podcast --group-size 100 --emotions angry,happy,neutral,sad
#
# Turns of unknown speakers are in no group. The official split: --config conf/split.yaml; the
# challenges compare macro F1, which stands beside UA and WA in the report.
#
# The stages are those of ../TEMPLATE/ser.sh; ./run.sh --help lists the options.
set -euo pipefail
cd "$(dirname "$0")"

CORPUS=msp-podcast
CORPUS_ROOT="folder with Labels and Audios"
. ../TEMPLATE/ser.sh
