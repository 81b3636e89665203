#!/bin/sh
# Makes .venv with the packages of the given requirement files, if it does not hold them already.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
if ! command -v "$python" >/dev/null 2>&1; then
  echo "$0: $python is missing; install Python 3.10 or later, or set PYTHON to the path of one" >&2
  exit 1
fi
if ! [ -x .venv/bin/python ]; then
  "$python" -m venv .venv || {
    echo "$0: $python cannot make virtual environments (on Debian and Ubuntu: apt-get install python3-venv)" >&2
    exit 1
  }
fi
for requirements in "$@"; do
  stamp=".venv/$(printf '%s' "$requirements" | tr '/' '-')"
  if ! cmp -s "$requirements" "$stamp"; then
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$stamp"
  fi
done
