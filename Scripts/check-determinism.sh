#!/bin/sh
# Checks that the given binaries, each run twice, write the same event log for the same scenario and seed.
set -eu
cd "$(dirname "$0")/.."
scenario=Examples/llama-on-jetsons.yaml

digest() {
  "$1" simulate "$scenario" --strategy "$2" --every-message --no-record --json | sed -n 's/.*"event_log_sha256" *: *"\([0-9a-f]\{64\}\)".*/\1/p'
}

for strategy in tensor=4 pipeline=4; do
  expected=
  for binary in "$@" "$@"; do
    found=$(digest "$binary" "$strategy")
    if [ -z "$found" ]; then
      echo "$0: $binary printed no event_log_sha256 for $strategy" >&2
      exit 1
    fi
    if [ -n "$expected" ] && [ "$found" != "$expected" ]; then
      echo "$0: $strategy: $binary wrote the event log $found, but $1 wrote $expected" >&2
      exit 1
    fi
    expected=$found
  done
  echo "$strategy: event log $expected in every run"
done
