"""What a process does before its program: it becomes a run's launcher, or has torch simulated once it is imported."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
from types import ModuleType
from typing import Any

TRIGGER = "torch"

LAUNCHING = "UNIFERENCE_LAUNCH"
"""Set for the one process that ``uniference run`` starts."""
GPUS = "UNIFERENCE_GPU"
"""Set where processes of a command find described GPUs: what ``uniference.gpu.description`` has of them, in JSON."""
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
        gpus = described_gpus()
        if self._loader is not None:
            self._loader.exec_module(module)
        if gpus is not None:
            gpus.finish()
        from uniference.joining import install_in_process

        install_in_process(os.environ["UNIFERENCE_SESSION"])


def described_gpus() -> Any:
    """The GPUs that torch is to find, where ``uniference exec --gpu`` has described some."""
    if GPUS not in os.environ:
        return None
    from uniference.gpu.beginning import DescribedGPUs
    from uniference.gpu.build import CannotBuild
    from uniference.gpu.description import Description

    try:
        return DescribedGPUs(Description.of(json.loads(os.environ[GPUS])))
    except (CannotBuild, OSError) as problem:
        raise ImportError(f"the library for described GPUs cannot be used: {problem}") from None


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
