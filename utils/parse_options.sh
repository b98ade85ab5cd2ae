# shellcheck shell=bash
# Options of a recipe: "--stop-stage 3" sets the variable stop_stage, which must exist already.
# Source this file after the defaults are set:  . ../../utils/parse_options.sh
# "--name=value" and "--name value" are equivalent, and so are "-" and "_" in names. --help prints
# the variable help_message.

while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help)
      printf '%s\n' "${help_message:?}"
      exit 0
      ;;
    --*=*)
      _name="${1%%=*}"
      _value="${1#*=}"
      shift
      ;;
    --*)
      if [ $# -lt 2 ]; then
        echo "$0: error: $1 needs a value" >&2
        exit 1
      fi
      _name="$1"
      _value="$2"
      shift 2
      ;;
    *)
      echo "$0: error: expected an option, found '$1' (see $0 --help)" >&2
      exit 1
      ;;
  esac
  _name="${_name#--}"
  _name="${_name//-/_}"
  # The options are the variables that the recipe has set.
  if ! [[ "${_name}" =~ ^[a-z][a-z0-9_]*$ ]] || [ -z "${!_name+set}" ]; then
    echo "$0: error: unknown option --${_name//_/-} (see $0 --help)" >&2
    exit 1
  fi
  printf -v "${_name}" '%s' "${_value}"
done
unset _name _value
