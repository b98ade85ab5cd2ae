#!/usr/bin/env bash
# Trains the protected system and its unprotected rival on one grouping of speakers.
# Usage: local/attack_train.sh <exp> <grouping> <config> <config of the rival> <seeds>
set -euo pipefail
exp=$1 grouping=$2 config=$3 rival=$4 seeds=$5

feats="${exp}/dump${grouping}/feats.scp"
menan-train --feats "${feats}" --exp "${exp}/${grouping}" --config "${config}" \
  --objective menan --seed "${seeds}"
menan-train --feats "${feats}" --exp "${exp}/${grouping}" --config "${rival}" \
  --objective ec --seed "${seeds}"
