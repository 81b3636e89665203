#!/usr/bin/env bash
# Runs two commands at the same time: the first as if it were alone, the second with its output held back to the end.
#
#     Scripts/side-by-side.sh "make build" "make torch"
#
# Ends when both have, with the first exit code that is not 0. When one fails, or on Ctrl-C, the other is ended, too.
set -uo pipefail
[ $# -eq 2 ] || { echo "usage: $0 COMMAND COMMAND" >&2; exit 64; }

folder="$(mktemp -d)"
groups=()
end_all() {
  for group in ${groups[@]+"${groups[@]}"}; do kill -TERM -- "-$group" 2> /dev/null; done
}
trap 'rm -rf "$folder"' EXIT
trap 'end_all; wait; cat "$folder/output"; exit 130' INT TERM HUP

# Each command says through a pipe how it has ended, since bash 3.2, which macOS has, cannot wait for whichever is first.
mkfifo "$folder/ends"
exec 3<> "$folder/ends"
set -m # Each command is a process group, so that all that it has started can be ended.
{ bash -c "$2" > "$folder/output" 2>&1 3>&- < /dev/null; echo $? >&3; } &
groups+=($!)
{ bash -c "$1" 3>&- < /dev/null; echo $? >&3; } &
groups+=($!)
set +m

code=0
for _ in 1 2; do
  read -r code <&3
  [ "$code" -eq 0 ] || { end_all; break; }
done
wait
cat "$folder/output"
exit "$code"
