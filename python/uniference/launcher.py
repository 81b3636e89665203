"""Starts the ranks of a run: ``python -m uniference.launcher``, as ``uniference run`` calls it.

Torch is imported once; the ranks are forked from here, so that they share its memory and start at once. This process
then passes on what they print and tells the engine how they end. If the engine dies, it ends the ranks and removes what
the session has left.
"""

from __future__ import annotations

import functools
import gc
import importlib.util
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

TESTED_TORCH_VERSIONS = ("2.13",)
"""Versions of torch that the process group has been tested with. Others may name its methods differently."""

BAD_ENVIRONMENT = 65
"""Exit code for an environment in which no rank can run, as in BSD's ``sysexits.h``: wrong input."""


@dataclass(frozen=True)
class Task:
    """What to start."""

    ranks: int
    script: str
    is_module: bool
    arguments: list[str]

    @staticmethod
    def read(folder: str) -> Task:
        """Reads ``task.json`` in the session's folder."""
        with open(os.path.join(folder, "task.json"), encoding="utf-8") as file:
            return Task(**json.load(file))


def import_torch() -> Any:
    """Torch, or an exit with a line that says how to get one that has been tested."""
    needed = " or ".join(f"{version}.*" for version in TESTED_TORCH_VERSIONS)
    advice = f'pip install "torch=={TESTED_TORCH_VERSIONS[-1]}.*"'
    try:
        import torch
        import torch.distributed
    except ImportError as error:
        leave(f"{sys.executable} cannot import torch ({error}); install it there: {advice}")
    version = ".".join(torch.__version__.split(".")[:2])
    if version not in TESTED_TORCH_VERSIONS and "UNIFERENCE_ANY_TORCH" not in os.environ:
        leave(
            f"torch {torch.__version__} in {sys.executable} has not been tested with uniference, which knows {needed}; "
            f"{advice}, or set UNIFERENCE_ANY_TORCH=1 to try it all the same"
        )
    if not torch.distributed.is_available():
        leave(f"torch {torch.__version__} in {sys.executable} has been built without torch.distributed; {advice}")
    return torch


def check_module(name: str) -> None:
    """An exit with a line where no module of that name can be there. Packages are not imported to look inside."""
    top = name.partition(".")[0]
    if importlib.util.find_spec(top) is None:
        leave(f"there is no module '{top}' for {sys.executable} to run; -m takes a module's name, no path of a file")


def leave(problem: str) -> None:
    """Ends the process with one line on standard error."""
    sys.stderr.write(f"uniference: error: {problem}\n")
    sys.exit(BAD_ENVIRONMENT)


def main() -> None:
    """Forks the ranks when the engine says so, and stays until all have ended."""
    folder = os.environ["UNIFERENCE_SESSION"]
    task = Task.read(folder)
    if task.ranks > 1:
        # As torchrun does; OpenMP reads it once, when torch is loaded.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    torch = import_torch()
    from uniference.launching.control import Control
    from uniference.launching.environment import rank_environment
    from uniference.launching.preloading import preload
    from uniference.launching.supervisor import Supervisor
    from uniference.rank import run_rank

    if task.is_module:
        check_module(task.script)
    else:
        preload(task.script)
    control = Control.connect(folder, torch.__version__)
    if not control.await_start():
        return
    # What exists by now is never collected, so that no rank touches its pages.
    gc.collect()
    gc.freeze()
    supervisor = Supervisor(control, folder)
    for rank in range(task.ranks):
        environment = rank_environment(rank, task.ranks, os.environ)
        supervisor.fork(rank, functools.partial(run_rank, folder, rank, task, environment))
    supervisor.watch()


if __name__ == "__main__":
    main()
