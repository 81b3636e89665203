"""Builds the library for described GPUs against the torch of this Python: ``python -m uniference.gpu.build``.

``uniference run --gpu`` does so by itself where it is missing or older than its sources or torch.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

SOURCES = Path(__file__).parent / "native"
SUFFIX = "dylib" if sys.platform == "darwin" else "so"


class CannotBuild(Exception):
    """There is no library and no way to make one. The message says what is missing."""


def library() -> Path:
    """The library, built if it has to be. Raises `CannotBuild`. Several processes may ask at once."""
    torch = torch_folder()
    key = built_from(torch)
    folder = library_folder()
    path = folder / f"libUniferenceGPU-{key}.{SUFFIX}"
    if not path.exists():
        with locked(folder / "libUniferenceGPU.lock"):
            if not path.exists():
                build(torch, path)
    return path


def torch_folder() -> Path:
    """Where torch is installed; it is not imported for that."""
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        raise CannotBuild(f"{sys.executable} has no torch")
    return Path(spec.submodule_search_locations[0])


def built_from(torch: Path) -> str:
    """Names the sources and the version of torch."""
    content = hashlib.sha256((torch / "version.py").read_bytes())
    content.update(str(torch).encode())
    for source in sorted(SOURCES.iterdir()):
        content.update(source.read_bytes())
    return content.hexdigest()[:12]


def library_folder() -> Path:
    """In this Python's environment, or in the user's cache where that cannot be written."""
    folder = Path(sys.prefix) / "lib" / "uniference"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uniference"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lets one process in at a time. The lock ends with its holder."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def build(torch: Path, path: Path) -> None:
    """Compiles the library. All sources are one translation unit: torch's headers take nearly all of the time."""
    compiler = os.environ.get("CXX") or shutil.which("clang++") or shutil.which("g++")
    if compiler is None:
        raise CannotBuild("no C++ compiler was found; install clang++ or g++, or set CXX to the path of one")
    sys.stderr.write("uniference: building the library for described GPUs, once (about half a minute)\n")
    sys.stderr.flush()
    text = "".join(f'#include "{source}"\n' for source in sorted(SOURCES.glob("*.cpp")))
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / path.name
        command = [
            compiler, "-x", "c++", "-", "-std=c++20", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-Wall",
            "-Wextra", "-Wno-unused-parameter", "-D_GLIBCXX_USE_CXX11_ABI=1", "-I", str(SOURCES),
            "-isystem", str(torch / "include"),
            "-isystem", str(torch / "include" / "torch" / "csrc" / "api" / "include"), "-o", str(made),
            "-L", str(torch / "lib"), "-ltorch_cpu", "-lc10", f"-Wl,-rpath,{torch / 'lib'}",
        ]  # fmt: skip
        done = subprocess.run(command, input=text, text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise CannotBuild(f"{compiler} has failed:\n{done.stderr.strip()}")
        for former in path.parent.glob(f"libUniferenceGPU-*.{SUFFIX}"):
            former.unlink(missing_ok=True)
        made.rename(path)


def main() -> int:
    try:
        sys.stdout.write(f"{library()}\n")
    except CannotBuild as problem:
        sys.stderr.write(f"uniference: error: {problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
