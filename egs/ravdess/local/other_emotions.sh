#!/usr/bin/env bash
# The utterances of the release that the other recipes leave out: calm, fearful, disgusted and
# surprised. There are four labels, so each of these emotions goes by one of them, see --map.
# Usage: local/other_emotions.sh CORPUS_ROOT DATA
set -euo pipefail
root=$(realpath "$1") data=$2
table="${data}/RAVDESS, other emotions.csv" # its name is the corpus's in reports
mkdir -p "${data}"
LC_ALL=C
printf '%s\n' "${root}"/Actor_[0-9][0-9]/03-01-0[2678]-* |
  awk -F/ -v OFS=, '
    BEGIN { print "path", "speaker", "group", "emotion" }
    {
      split($NF, field, /[-.]/)
      actor = field[7]
      print "\"" $0 "\"", "Actor_" actor, sprintf("g%02d", (actor + 1) / 2), field[3]
    }' >"${table}"
menan-prepare table "${table}" "${data}" --map 02=neu,06=sad,07=ang,08=hap
