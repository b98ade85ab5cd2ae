#!/usr/bin/env bash
# The utterances of the release that no training hears: calm, fearful, disgusted and surprised.
# Probes split a speaker's utterances evenly by emotion; for that alone each gets one of the four.
# Usage: local/other_emotions.sh CORPUS_ROOT DATA
set -euo pipefail
root=$(realpath "$1") data=$2
mkdir -p "${data}"
LC_ALL=C
printf '%s\n' "${root}"/Actor_[0-9][0-9]/03-01-0[2678]-* |
  awk -F/ -v OFS=, '
    BEGIN { print "path", "speaker", "group", "emotion" }
    {
      split($NF, field, /[-.]/)
      actor = field[7]
      print "\"" $0 "\"", "Actor_" actor, sprintf("g%02d", (actor + 1) / 2), field[3]
    }' >"${data}/other_emotions.csv"
menan-prepare table "${data}/other_emotions.csv" "${data}" --map 02=neu,06=sad,07=ang,08=hap
