# shellcheck shell=bash
# PATH of a recipe: menan's commands (from the project's .venv, if there is one) and the launchers.
MENAN_ROOT="$(cd ../.. && pwd)"
if [ -d "${MENAN_ROOT}/.venv/bin" ]; then
  PATH="${MENAN_ROOT}/.venv/bin:${PATH}"
fi
export PATH="${MENAN_ROOT}/utils:${PATH}"
export LC_ALL=C # Kaldi's sort order
