"""Stands for ``torch.compile`` where costs come from a model: what it is given runs as it is, and is charged as the
kernels that the compiler makes of it (`uniference.regions`).

Torch's compiler would replace the operations that are charged by code of its own, which runs here and not on the
described device; under a mode that sees operations it refuses ``fullgraph=True``. Values are those of the uncompiled
program.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from uniference.regions import Regions

regions: Regions | None = None
"""The rank's, where what is computed is charged."""


class UncompiledModule(nn.Module):
    """What ``torch.compile`` gives for a module: it has the module's parameters under the name that torch's has them,
    and all of its attributes."""

    _orig_mod: nn.Module

    def __init__(self, module: nn.Module, uses_graph: bool = False) -> None:
        super().__init__()
        self._orig_mod = module
        self.__dict__["_uses_graph"] = uses_graph

    def forward(self, *arguments: Any, **keywords: Any) -> Any:
        return self._orig_mod(*arguments, **keywords)

    def __getattr__(self, name: str) -> Any:
        if name == "_orig_mod":
            return self._modules[name]
        return getattr(self._orig_mod, name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        # The module's own hooks are called once, as by torch's.
        return charged(self._orig_mod, self.__dict__["_uses_graph"], arguments, keywords)


def uncompiled(model: Any = None, **options: Any) -> Any:
    """Takes what ``torch.compile`` takes."""
    if model is None:
        return lambda function: uncompiled(function, **options)
    if isinstance(model, UncompiledModule):
        return model
    is_graph = uses_graph(options)
    if isinstance(model, nn.Module):
        return UncompiledModule(model, is_graph)
    if not callable(model):
        raise TypeError(f"torch.compile takes a function or a module, not {type(model).__name__}")
    return wrapped(model, is_graph)


def uses_graph(options: dict[str, Any]) -> bool:
    """Whether arguments of ``torch.compile`` ask for CUDA graphs."""
    chosen = options.get("options") or {}
    return options.get("mode") in GRAPH_MODES or bool(chosen.get("triton.cudagraphs"))


GRAPH_MODES = ("reduce-overhead", "max-autotune")
"""Modes of ``torch.compile`` that replay CUDA graphs."""


def wrapped(function: Callable[..., Any], uses_graph: bool) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        return charged(function, uses_graph, arguments, keywords)

    return call


def charged(function: Callable[..., Any], uses_graph: bool, arguments: Any, keywords: Any) -> Any:
    """Calls a function as a compiled region."""
    if regions is None:
        return function(*arguments, **keywords)
    with regions.call(uses_graph) as finish:
        result = function(*arguments, **keywords)
        finish(result)
    return result


def install(of_rank: Regions | None = None) -> None:
    """Replaces ``torch.compile``, which modules call for their own ``compile``.

    ``of_rank``: charges what is computed; nothing is unless given.
    """
    global regions
    regions = of_rank
    # It is compiled on the described device.
    warnings.filterwarnings("ignore", message="flex_attention called without torch.compile")
    replaced: Any = torch
    replaced.compile = uncompiled
