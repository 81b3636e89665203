"""Runs a Swift program, a dynamic library, for real: ``python -m uniference.host LIBRARY ARGUMENTS...``.

Started by torchrun or anything else that sets RANK, WORLD_SIZE and the rest. Makes the process group, then calls the
library, whose program finds the same group in C++. The process ends as the program does.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

from uniference.printable import printable

INTERFACE = 1
"""The agreement with libraries: ``ProgramLibrary.interface`` in Swift."""

ENTRY = "uniference_program_main"
BAD_USAGE = 64
BAD_INPUT = 65

GroupMaker = ctypes.CFUNCTYPE(
    ctypes.c_int32, ctypes.POINTER(ctypes.c_int64), ctypes.c_int64, ctypes.POINTER(ctypes.c_char), ctypes.c_int64
)

_keep_alive: list[Any] = []
"""What C may call for as long as the process lives."""


class HostError(Exception):
    """Why a program cannot be run: one line."""


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="torchrun ... -m uniference.host",
        description="Run a Swift program, a dynamic library, as the ranks of a process group.",
    )
    parser.add_argument("--backend", help="of torch.distributed; chosen as torch chooses unless given")
    parser.add_argument("--device", help="of this rank, as libtorch calls it; cuda:LOCAL_RANK where CUDA is, else cpu")
    parser.add_argument("--threads", type=int, default=1, help="threads of one operation on the CPU (default: 1)")
    parser.add_argument("--timeout", type=float, help="seconds after which a communication fails (default: torch's)")
    parser.add_argument("--seed", type=int, default=0, help="the source of the program's random numbers")
    parser.add_argument("--record", metavar="NAME.run", help="where rank 0 writes a run record")
    parser.add_argument("--cluster", metavar="FILE", help="a cluster file that describes the ranks' devices")
    parser.add_argument("library", help="the program")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the program's own arguments")
    return parser.parse_args(words)


def torch_library() -> ctypes.CDLL:
    """libUniferenceTorch, by which Swift reaches libtorch; it says so where it is missing or of another torch."""
    suffix = "dylib" if sys.platform == "darwin" else "so"
    chosen = os.environ.get("UNIFERENCE_TORCH")
    path = Path(chosen) if chosen else Path(sys.prefix) / "lib" / "uniference" / f"libUniferenceTorch.{suffix}"
    if not path.is_file():
        raise HostError(f"{path} is missing; build it by: Scripts/build-torch.sh {sys.executable} (or make torch)")
    # The program looks in the same place.
    os.environ["UNIFERENCE_TORCH"] = str(path)
    try:
        library = ctypes.CDLL(str(path))
        set_group_maker = library.uniference_set_group_maker
    except (OSError, AttributeError) as error:
        raise HostError(
            f"{path} does not go with PyTorch {version('torch')} ({first_line(error)}); build it again by: "
            f"Scripts/build-torch.sh {sys.executable}"
        ) from None
    maker = GroupMaker(make_group)
    _keep_alive.append(maker)
    set_group_maker(maker)
    return library


def make_group(ranks: Any, count: int, text: Any, capacity: int) -> int:
    """Called from C: makes a group of these ranks of the world; writes its name, or what went wrong, into ``text``."""
    import torch.distributed as dist

    try:
        members = [ranks[index] for index in range(count)]
        group = dist.new_group(members, use_local_synchronization=True)
        status, message = 0, str(group.group_name)
    except BaseException as error:  # Nothing may be raised into C.
        status, message = 1, first_line(error)
    encoded = message.encode()[: capacity - 1]
    ctypes.memmove(text, encoded + b"\0", len(encoded) + 1)
    return status


def first_line(error: BaseException) -> str:
    """What an exception says, or its type where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def program_entry(path: str) -> Any:
    """The library's one function."""
    if not os.path.isfile(path):
        raise HostError(f"{path}: there is no such library")
    try:
        library = ctypes.CDLL(os.path.abspath(path))
    except OSError as error:
        raise HostError(f"{path} is no library that can be loaded: {first_line(error)}") from None
    _keep_alive.append(library)
    try:
        entry = getattr(library, ENTRY)
    except AttributeError:
        raise HostError(
            f"{path} has no function {ENTRY}; a program's library exports it by ProgramLibrary.main "
            "(see Documentation/swift-programs.md)"
        ) from None
    entry.restype = ctypes.c_int32
    entry.argtypes = [ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p)]
    return entry


def call(entry: Any, words: list[str]) -> int:
    """Calls the program as C calls main."""
    encoded = (ctypes.c_char_p * (len(words) + 1))(*[word.encode() for word in words], None)
    return int(entry(len(words), encoded))


def run_program(
    library: str,
    arguments: Sequence[str] = (),
    *,
    device: str = "cpu",
    threads: int = 1,
    seed: int = 0,
    record: str | None = None,
    cluster: str | None = None,
    ranks: Sequence[int] | None = None,
) -> int:
    """Runs this rank's part of a Swift program in the default process group, which has been made, and returns its exit
    code. Every rank of the group calls it, or every one of ``ranks``, when the others are plain PyTorch.
    """
    import torch.distributed as dist

    torch_library()
    entry = program_entry(library)
    # Packages with weights are this Python's, whichever one is active or on the path.
    os.environ.setdefault("UNIFERENCE_PYTHON", sys.executable)
    group: Any = dist.group.WORLD
    if type(group).__module__.startswith("uniference."):
        raise HostError(f"this is a simulation of Python ranks; for a Swift program: uniference simulate {library}")
    words = [library, f"interface={INTERFACE}", "deploy", "--group", group.group_name, "--torch-device", device]
    words += ["--threads", str(threads), "--seed", str(seed)]
    if record is not None:
        words += ["--record", record]
    if cluster is not None:
        words += ["--cluster", cluster]
    if ranks is not None:
        words += ["--ranks", ",".join(map(str, ranks))]
    return call(entry, [*words, "--", *arguments])


def leave(status: int) -> NoReturn:
    """Ends the process without waiting for the others: where this rank has failed, they find its connections closed."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def main() -> NoReturn:
    options = parse_arguments()
    # A program is C to Python, which would only notice Ctrl-C when it is over.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.environ.setdefault("OMP_NUM_THREADS", str(options.threads))
    # What goes wrong is said in one line; c10d would add a backtrace to it.
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    try:
        # What is wrong with the library is told before torch has been imported, which takes seconds.
        program_entry(options.library)
        torch_library()
        import torch
        import torch.distributed as dist

        device = options.device
        if device is None:
            device = f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if torch.cuda.is_available() else "cpu"
        timeout = None if options.timeout is None else timedelta(seconds=options.timeout)
        dist.init_process_group(options.backend, timeout=timeout)
        status = run_program(
            options.library,
            options.arguments,
            device=device,
            threads=options.threads,
            seed=options.seed,
            record=options.record,
            cluster=options.cluster,
        )
    except HostError as error:
        sys.stderr.write(f"uniference: error: rank {os.environ.get('RANK', '?')}: {printable(error)}\n")
        leave(BAD_INPUT)
    except (RuntimeError, ValueError) as error:
        sys.stderr.write(f"uniference: error: rank {os.environ.get('RANK', '?')}: {printable(first_line(error))}\n")
        leave(BAD_INPUT)
    leave(status)


if __name__ == "__main__":
    main()
