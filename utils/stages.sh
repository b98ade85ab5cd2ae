# shellcheck shell=bash
# Functions of a recipe's stages. Source this file after the options are parsed.

# Whether stage $1 is to be run.
runs() { [ "${stage:?}" -le "$1" ] && [ "${stop_stage:?}" -ge "$1" ]; }

# Announce stage $1 with the text $2.
say() { echo "== stage $1: $2"; }

# Set the array systems to the names of the systems, <objective>_seed<k>, in directory $1. With the seeds
# $2, such as 0,1, only to those.
find_systems() {
  local seeds seed
  IFS=, read -ra seeds <<<"${2:-*}"
  systems=()
  for seed in "${seeds[@]}"; do
    # shellcheck disable=SC2206 # the seed may be *
    systems+=("$1"/*_seed${seed}/)
    if [ ! -d "${systems[-1]}" ]; then
      echo "$0: error: $1: no trained systems <objective>_seed${seed}; run stage 3 first" >&2
      exit 1
    fi
  done
  systems=("${systems[@]%/}")
  systems=("${systems[@]##*/}")
}

# The suffix for directories of another choice of labels than the default of the corpus: options
# --emotions and --map are $1 and $2, both may be empty.
label_suffix() {
  local suffix="${1:+_$1}${2:+_map-$2}"
  echo "${suffix//[^[:alnum:]._-]/-}"
}

# The suffix for directories of other groups than those of the corpus: options --groups, --group-size and
# --group-seed are $1, $2 and $3, all may be empty.
group_suffix() {
  local file="${1##*/}"
  echo "${file:+_${file%.groups}}${2:+_groups$2}${3:+-$3}"
}

# The arguments, joined by commas.
joined() {
  local IFS=,
  echo "$*"
}
