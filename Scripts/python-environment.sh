#!/bin/sh
# Makes .venv with this repository's Python package and those of the given requirement files, if it does not hold them.
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
# A line in a .pth file is what an editable installation comes to, without a build system to be fetched for it.
packages=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "$PWD/python" > "$packages/uniference.pth"
for requirements in "$@"; do
  stamp=".venv/$(printf '%s' "$requirements" | tr '/' '-')"
  if ! cmp -s "$requirements" "$stamp"; then
    # Python keeps the byte code of what it imports first; most of torch never is imported.
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --requirement "$requirements"
    cp "$requirements" "$stamp"
  fi
done
