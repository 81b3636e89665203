#!/usr/bin/env bash
# Builds libUniferenceTorch, by which Swift programs reach libtorch, against the PyTorch of a Python environment, and
# puts it into that environment, where `uniference` and `python -m uniference.host` look for it.
#
#     Scripts/build-torch.sh .venv/bin/python
#
# Compiles only when a source, the compiler or the version of PyTorch has changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

python="${1:?usage: Scripts/build-torch.sh PYTHON}"
read -r version root abi prefix < <("$python" - <<'END'
import pathlib
import sys
try:
    import torch
except ImportError:
    sys.exit(f"{sys.executable} has no PyTorch; install it by: {sys.executable} -m pip install 'torch==2.13.*'")
print(torch.__version__, pathlib.Path(torch.__file__).parent, int(torch.compiled_with_cxx11_abi()), sys.prefix)
END
)
compiler="${CXX:-$(command -v clang++ || command -v g++ || true)}"
[ -n "$compiler" ] || { echo "no C++ compiler was found; set CXX to the path of one" >&2; exit 1; }
case "$(uname)" in
  Darwin) suffix=dylib; runtime="@loader_path" ;;
  *) suffix=so; runtime="\$ORIGIN" ;;
esac

sources=Sources/CLibTorch
folder="$prefix/lib/uniference"
library="$folder/libUniferenceTorch.$suffix"
stamp="$folder/built-from"
key="$version $("$compiler" --version | head -1) $(cat $sources/include/*.h $sources/torch/* | cksum)"
if [ -f "$library" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]; then exit 0; fi

echo "building $library against PyTorch $version (about half a minute)"
mkdir -p "$folder"
objects="$(mktemp -d)"
trap 'rm -rf "$objects"' EXIT
# All sources are one translation unit, since torch's headers take nearly all of the time. The optimiser takes none of it.
for source in "$sources"/torch/*.cpp; do echo "#include \"$source\""; done |
  "$compiler" -x c++ -std=c++20 -O2 -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unused-parameter \
    "-D_GLIBCXX_USE_CXX11_ABI=$abi" -I . -I "$sources/include" \
    -isystem "$root/include" -isystem "$root/include/torch/csrc/api/include" \
    -c - -o "$objects/library.o"
"$compiler" -shared "$objects/library.o" -o "$objects/library" -L "$root/lib" -ltorch -ltorch_cpu -lc10 \
  "-Wl,-rpath,$root/lib" "-Wl,-rpath,$runtime"
mv "$objects/library" "$library"
echo "$key" > "$stamp"
