"""Stands for ``torch.compile`` where costs come from a model: what it is given runs as it is, and is charged so.

Torch's compiler would replace the operations that are charged by code of its own, which runs here and not on the
described device; under a mode that sees operations it refuses ``fullgraph=True``. Values are those of the uncompiled
program.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class UncompiledModule(nn.Module):
    """What ``torch.compile`` gives for a module: it has the module's parameters under the name that torch's has them,
    and all of its attributes."""

    _orig_mod: nn.Module

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._orig_mod = module

    def forward(self, *arguments: Any, **keywords: Any) -> Any:
        return self._orig_mod(*arguments, **keywords)

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return self._modules[name]
        return getattr(self._orig_mod, name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        # The module's own hooks are called once, as by torch's.
        return self._orig_mod(*arguments, **keywords)


def uncompiled(model: Any = None, **options: Any) -> Any:
    """Takes what ``torch.compile`` takes."""
    if model is None:
        return lambda function: uncompiled(function, **options)
    if isinstance(model, UncompiledModule):
        return model
    if isinstance(model, nn.Module):
        return UncompiledModule(model)
    if not callable(model):
        raise TypeError(f"torch.compile takes a function or a module, not {type(model).__name__}")
    return wrapped(model)


def wrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    return call


def install() -> None:
    """Replaces ``torch.compile``, and what modules call for their own ``compile``."""
    # It is compiled on the described device.
    warnings.filterwarnings("ignore", message="flex_attention called without torch.compile")
    replaced: Any = torch
    replaced.compile = uncompiled

    def compile_module(self: nn.Module, *arguments: Any, **options: Any) -> None:
        """It stays as it is."""

    module: Any = nn.Module
    module.compile = compile_module
