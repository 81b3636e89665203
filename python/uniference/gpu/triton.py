"""Stands for Triton where it is not installed, as it is with every torch for CUDA: programs that import it run.

Modules, types and decorators are there. A kernel that is launched is charged by a cost that the user has registered
(`uniference.kernel_costs`); without one it is an error that names the kernel.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from uniference import kernel_costs

NAME = "triton"


class Placeholder:
    """Whatever a program takes from Triton to write its kernels with: types, constants, functions for kernels alone."""

    def __init__(self, name: str = NAME) -> None:
        self.__name__ = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self.__name__}.{name}")

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        # As a decorator it leaves functions as they are, such as `triton.autotune(...)` does with kernels here.
        if len(arguments) == 1 and not keywords and (callable(arguments[0]) or isinstance(arguments[0], Kernel)):
            return arguments[0]
        return Placeholder(self.__name__)

    def __getitem__(self, key: Any) -> Any:
        return self

    def __or__(self, other: Any) -> Any:
        return self

    __ror__ = __or__

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return ()

    def __repr__(self) -> str:
        return self.__name__


class Kernel:
    """A function under ``triton.jit``."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.fn = function
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__

    def __getitem__(self, grid: Any) -> Callable[..., None]:
        def launch(*arguments: Any, **keywords: Any) -> None:
            code = self.fn.__code__
            place = f"{code.co_filename}:{code.co_firstlineno}"
            kernel_costs.launch(f"Triton kernel {self.__name__}", place, self.__name__, arguments, keywords)

        return launch

    def __call__(self, *arguments: Any, **keywords: Any) -> None:
        raise RuntimeError(f"Cannot call @triton.jit'd outside of the scope of a kernel ({self.__name__})")


class Instance:
    """Whatever a class of Triton's is made with."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        """Nothing is kept."""

    def __class_getitem__(cls, key: Any) -> Any:
        return cls


def class_named(name: str) -> type:
    """A class of Triton's, which programs derive from, annotate with, and catch."""
    is_exception = name.endswith(("Error", "Exception")) or name == "OutOfResources"
    return type(name, (Exception if is_exception else Instance,), {})


def jit(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """``triton.jit``."""
    return Kernel if function is None else Kernel(function)


def cdiv(left: int, right: int) -> int:
    """``triton.cdiv``, which grids are made with."""
    return -(-left // right)


def next_power_of_2(number: int) -> int:
    """``triton.next_power_of_2``."""
    return 1 << max(0, number - 1).bit_length()


class Module(ModuleType):
    """``triton`` and every module in it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        # Torch asks whether something is one.
        if name == "JITFunction":
            return Kernel
        if not name[:1].isupper():
            return Placeholder(f"{self.__name__}.{name}")
        made = class_named(name)
        setattr(self, name, made)
        return made


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives ``triton`` and its modules."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname == NAME or fullname.startswith(f"{NAME}."):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == NAME:
            vars(module).update(jit=jit, cdiv=cdiv, next_power_of_2=next_power_of_2, __version__="3.0.0")


def install() -> None:
    """Has programs find Triton, unless it is installed. Torch itself does without, as before."""
    import torch.utils._triton

    helpers: Any = torch.utils._triton
    for name in ("has_triton_package", "has_triton"):
        replaced = getattr(helpers, name)
        setattr(helpers, name, lambda *arguments, **keywords: False)
        replaced.cache_clear()
    if importlib.util.find_spec(NAME) is None:
        sys.meta_path.append(Finder())
