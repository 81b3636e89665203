#!/usr/bin/env bash
# Builds dist/uniference-VERSION-py3-none-PLATFORM.whl: the tool with the Swift runtime inside, the files that come with
# it, completions for three shells, and the Python package.
#
#     Scripts/build-wheel.sh
#
# The wheel is laid out under .build/wheel/stage as `pip install` will lay it out under the prefix; python/hatch_build.py
# packs that. On Linux, its tag names the oldest glibc that the tool runs on, which auditwheel finds out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

Scripts/require-sqlite.sh
Scripts/python-environment.sh python/wheel-requirements.txt
python=.venv/bin/python
scratch=.build/wheel
stage="$PWD/$scratch/stage"
rm -rf "$stage"
mkdir -p "$stage/bin" "$stage/share/uniference" "$scratch/static" dist

options=(--configuration release --scratch-path "$scratch")
if [ "$(uname)" = Linux ]; then
  # The linker takes SQLite's static library where it finds no shared one first.
  archive="$(find /usr/lib /usr/lib64 /usr/local/lib -name libsqlite3.a 2> /dev/null | head -1)"
  [ -n "$archive" ] || { echo "libsqlite3.a is missing; install it: apt-get install libsqlite3-dev" >&2; exit 69; }
  cp "$archive" "$scratch/static"
  options+=(--static-swift-stdlib -Xlinker "-L$PWD/$scratch/static")
fi
swift build "${options[@]}" --product uniference
cp "$(swift build "${options[@]}" --show-bin-path)/uniference" "$stage/bin"
# C alone: a program's library brings its own Swift runtime, and one process must not have two.
"${CC:-$(command -v clang || echo cc)}" -O2 Sources/ProgramHost/main.c -o "$stage/bin/uniference-program-host" -ldl
strip -S "$stage"/bin/*

# What ShippedFiles looks for.
shipped="$stage/share/uniference"
cp -R Sources/Devices/Resources/Kernels Sources/Reports/Resources/Page Published "$shipped"
mkdir -p "$shipped/Scripts" "$shipped/Sources" "$shipped/python" "$shipped/Examples"
cp Scripts/build-torch.sh "$shipped/Scripts"
cp -R Sources/CLibTorch "$shipped/Sources"
git ls-files python/uniference | while read -r file; do
  mkdir -p "$shipped/$(dirname "$file")"
  cp "$file" "$shipped/$file"
done
cp Examples/*.yaml Examples/*.json "$shipped/Examples"
git ls-files Examples/pytorch Examples/validation | grep -v /golden/ | while read -r file; do
  mkdir -p "$shipped/$(dirname "$file")"
  cp "$file" "$shipped/$file"
done

complete() {
  mkdir -p "$stage/share/$2"
  "$stage/bin/uniference" --generate-completion-script "$1" > "$stage/share/$2/$3"
}
complete bash bash-completion/completions uniference
complete zsh zsh/site-functions _uniference
complete fish fish/vendor_completions.d uniference.fish

rm -f dist/uniference-*.whl
folder="$PWD"
(cd python && UNIFERENCE_STAGE="$stage" "$folder/$python" -m hatchling build --target wheel --directory "$folder/dist")
