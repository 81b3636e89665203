"""Starts the ranks of a run.

``uniference run`` starts ``python -u script.py``, as torchrun does, with ``uniference/startup`` on the module path.
Python calls `start` from there before it looks at the script. Torch is imported once; the ranks are forked from here,
so that they share its memory and start at once, and in each of them Python goes on as if nothing had been: it runs the
script as its own main program. The first process never comes that far. It passes on what the ranks print, tells the
engine how they end, and ends them if the engine dies.
"""

from __future__ import annotations

import atexit
import gc
import importlib.util
import json
import os
import sys
import traceback
from dataclasses import dataclass
from typing import Any, NoReturn

from uniference.launching.ending import RankEnd
from uniference.printable import printable

TESTED_TORCH_VERSIONS = ("2.13",)
"""Versions of torch that the process group has been tested with. Others may name its methods differently."""

BAD_ENVIRONMENT = 65
"""Exit code for an environment in which no rank can run, as in BSD's ``sysexits.h``: wrong input."""
INTERNAL_ERROR = 70


@dataclass(frozen=True)
class Task:
    """What to start."""

    ranks: int
    script: str
    is_module: bool
    gpu: dict[str, Any] | None = None
    """The GPUs that each process sees, as ``uniference.gpu.description`` has them."""
    is_fake: bool = False
    """Whether large tensors have no values."""

    @staticmethod
    def take(folder: str) -> Task:
        """Reads ``task.json`` in the session's folder. That it is gone tells the engine that somebody is at work."""
        path = os.path.join(folder, "task.json")
        with open(path, encoding="utf-8") as file:
            task = Task(**json.load(file))
        os.unlink(path)
        return task


def import_torch() -> Any:
    """Torch, or an exit with a line that says how to get one that has been tested."""
    needed = " or ".join(f"{version}.*" for version in TESTED_TORCH_VERSIONS)
    advice = f'pip install "torch=={TESTED_TORCH_VERSIONS[-1]}.*"'
    try:
        import torch
        import torch.distributed
    except ImportError as error:
        refuse(f"{sys.executable} cannot import torch ({error}); install it there: {advice}")
    version = ".".join(torch.__version__.split(".")[:2])
    if version not in TESTED_TORCH_VERSIONS and "UNIFERENCE_ANY_TORCH" not in os.environ:
        refuse(
            f"torch {torch.__version__} in {sys.executable} has not been tested with uniference, which knows {needed}; "
            f"{advice}, or set UNIFERENCE_ANY_TORCH=1 to try it all the same"
        )
    if not torch.distributed.is_available():
        refuse(f"torch {torch.__version__} in {sys.executable} has been built without torch.distributed; {advice}")
    return torch


def described_gpus(task: Task) -> Any:
    """GPUs for torch to find, if any, and tensors without values; or an exit with a line that says what is missing."""
    from uniference.gpu import library
    from uniference.gpu.beginning import DescribedGPUs
    from uniference.gpu.build import CannotBuild
    from uniference.gpu.description import Description

    try:
        if task.is_fake:
            library.load()
        return None if task.gpu is None else DescribedGPUs(Description.of(task.gpu))
    except CannotBuild as problem:
        refuse(f"the library for described GPUs and --fake cannot be built: {problem}")
    except OSError as problem:
        refuse(f"the library for described GPUs and --fake cannot be loaded: {problem}")


def check_module(name: str) -> None:
    """An exit with a line where no module of that name can be there. Packages are not imported to look inside."""
    top = name.partition(".")[0]
    # Python puts the current folder there later, when it looks for the module.
    sys.path.insert(0, os.getcwd())
    try:
        is_found = importlib.util.find_spec(top) is not None
    finally:
        del sys.path[0]
    if not is_found:
        refuse(f"there is no module '{top}' for {sys.executable} to run; -m takes a module's name, no path of a file")


def refuse(problem: str) -> NoReturn:
    """Ends the process with one line on standard error."""
    sys.stderr.write(f"uniference: error: {printable(problem)}\n")
    end(BAD_ENVIRONMENT)


def end(code: int) -> NoReturn:
    """Ends the launcher, whose Python must not go on to run the script."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def start() -> None:
    """Forks the ranks when the engine says so. Returns in each of them; the launcher stays until all have ended."""
    launcher = os.getpid()
    try:
        launch()
    except BaseException:
        traceback.print_exc()
        end(1 if os.getpid() != launcher else INTERNAL_ERROR)


def launch() -> None:
    """See `start`."""
    # Before torch and the script can register anything, so that it is called after all of that.
    rank_end = RankEnd()
    atexit.register(rank_end.call)
    folder = os.environ["UNIFERENCE_SESSION"]
    task = Task.take(folder)
    if task.ranks > 1:
        # As torchrun does; OpenMP reads it once, when torch is loaded.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Nothing that an import makes is garbage; looking for some takes a tenth of its time.
    gc.disable()
    gpus = None if task.gpu is None and not task.is_fake else described_gpus(task)
    torch = import_torch()
    if gpus is not None:
        gpus.finish()
    from uniference.launching.control import Control
    from uniference.launching.environment import rank_environment
    from uniference.launching.preloading import preload
    from uniference.launching.supervisor import Supervisor
    from uniference.rank import become_rank

    if task.is_module:
        check_module(task.script)
    else:
        preload(task.script)
    control = Control.connect(folder, torch.__version__)
    if control is None or not control.await_start():
        end(0)
    rank_end.prepare()
    # What exists by now is never collected, so that no rank touches its pages.
    gc.collect()
    gc.freeze()
    gc.enable()
    supervisor = Supervisor(control, folder)
    per_machine = task.ranks if gpus is None else gpus.description.ranks_per_machine
    for rank in range(task.ranks):
        if supervisor.fork(rank, rank_environment(rank, task.ranks, os.environ, per_machine)):
            become_rank(folder, rank, task.ranks, rank_end)
            return
    # Otherwise the guardian ends whatever the ranks have started.
    end(0 if supervisor.watch() else 1)
