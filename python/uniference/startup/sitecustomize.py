"""Found by every Python that a command under ``uniference exec`` starts: its process groups are to be simulated.

Nothing happens until the process imports torch; one that does not is left alone.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import os
import sys
from types import ModuleType

TRIGGER = "torch"


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


def run_former_sitecustomize() -> None:
    """The environment's own ``sitecustomize``, which this one hides."""
    here = os.path.dirname(os.path.abspath(__file__))
    for folder in sys.path:
        path = os.path.join(folder, "sitecustomize.py")
        if os.path.abspath(folder) != here and os.path.isfile(path):
            spec = importlib.util.spec_from_file_location("sitecustomize_of_the_environment", path)
            if spec is not None and spec.loader is not None:
                spec.loader.exec_module(importlib.util.module_from_spec(spec))
            return


if "UNIFERENCE_SESSION" in os.environ:
    sys.meta_path.insert(0, InstallAfterImport())
run_former_sitecustomize()
