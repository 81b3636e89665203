#!/usr/bin/env bash
# Sees to it that the header of the system's SQLite is there: macOS has it, Debian and Ubuntu in a package.
set -euo pipefail

has_header() { [[ $(uname) == Darwin || -e /usr/include/sqlite3.h || -e /usr/local/include/sqlite3.h ]]; }

has_header && exit
if [[ $(id -u) == 0 ]] && command -v apt-get > /dev/null; then
  apt-get update --quiet=2 && apt-get install --quiet=2 --yes libsqlite3-dev > /dev/null
  has_header && exit
fi
echo "sqlite3.h is missing, which results of sweeps need; install it: apt-get install libsqlite3-dev, or dnf install sqlite-devel" >&2
exit 69
