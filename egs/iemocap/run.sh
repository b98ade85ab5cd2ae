#!/usr/bin/env bash
# IEMOCAP: from the release on disk to Table 2 and Fig. 2 of the paper.
#
#   ./run.sh --corpus-root /corpora/IEMOCAP_full_release                      the paper's protocol
#   ./run.sh --corpus-root /corpora/IEMOCAP_full_release --config conf/quick.yaml
#   ./run.sh --corpus-root /corpora/IEMOCAP_full_release --emotions all       all labels of the release
#   ./run.sh --corpus-root /corpora/IEMOCAP_full_release --config conf/pretrained.yaml \
#     --rule last --published conf/superb.published                           on a pretrained encoder
#
# The stages are those of ../TEMPLATE/ser.sh; ./run.sh --help lists the options.
set -euo pipefail
cd "$(dirname "$0")"

CORPUS=iemocap
CORPUS_ROOT=IEMOCAP_full_release
. ../TEMPLATE/ser.sh
