"""What a process does before its program: it becomes a run's launcher, or has torch simulated once it is imported."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from types import ModuleType

TRIGGER = "torch"

LAUNCHING = "UNIFERENCE_LAUNCH"
"""Set for the one process that ``uniference run`` starts."""
RANK = "UNIFERENCE_RANK"
"""Set for a rank and what it starts: the rank, how many there are, and the process that it is, as ``3/4 4711``."""


class InstallAfterImport(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets the real loader load torch, then puts the simulated process groups in."""

    def __init__(self) -> None:
        self._loader: importlib.abc.Loader | None = None

    def find_spec(self, name: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        """The real module's specification, with this loader around its own."""
        if name != TRIGGER:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        """As the real loader does."""
        return self._loader.create_module(spec) if self._loader is not None else None

    def exec_module(self, module: ModuleType) -> None:
        """The real module's code; the process joins a world when it first makes a group."""
        if self._loader is not None:
            self._loader.exec_module(module)
        from uniference.joining import install_in_process

        install_in_process(os.environ["UNIFERENCE_SESSION"])


def prepare() -> None:
    """Before anything else can import torch. In ranks, and in what they start, there is nothing to be done."""
    if LAUNCHING not in os.environ and RANK not in os.environ:
        sys.meta_path.insert(0, InstallAfterImport())


def begin() -> None:
    """Returns where Python is to go on with the process's own program."""
    if os.environ.pop(LAUNCHING, None) is not None:
        from uniference.launcher import start

        return start()
    place, _, pid = os.environ.get(RANK, "").partition(" ")
    if pid == str(os.getpid()):
        # A rank that has executed itself anew.
        from uniference.rank import rejoin

        rank, world_size = map(int, place.split("/"))
        rejoin(os.environ["UNIFERENCE_SESSION"], rank, world_size)
