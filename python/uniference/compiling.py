"""Keeps ``torch.compile`` out of this package, as it keeps out of torch's own process groups, which are C++.

Dynamo evaluates every Python frame below a compiled function, also those that C++ calls: DDP's reducer broadcasts in
the middle of a compiled forward pass. What it would find here are sockets, locks and tensors in shared memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from torch._C._dynamo.eval_frame import (
    _FrameAction as FrameAction,
)
from torch._C._dynamo.eval_frame import (
    _FrameExecStrategy as FrameExecStrategy,
)
from torch._C._dynamo.eval_frame import (
    set_code_exec_strategy,
)

PACKAGE = __name__.partition(".")[0]


def skip_package() -> None:
    """Has Dynamo run all functions of the modules of this package that are loaded, and what they call, as they are."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == PACKAGE:
            for function in functions_of(module):
                skip(function.__code__)


def skip(code: CodeType) -> None:
    """The same for the code of a function and of those inside of it."""
    # Torch would import its compiler, in each rank, for a call that says the same (`torch.compiler.disable`).
    set_code_exec_strategy(code, FrameExecStrategy(FrameAction.SKIP, FrameAction.SKIP))
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            skip(constant)


def functions_of(owner: ModuleType | type) -> Iterator[FunctionType]:
    """Functions and methods that are defined in a module or class."""
    for value in list(vars(owner).values()):
        if isinstance(value, type) and value.__module__ == getattr(owner, "__module__", owner.__name__):
            yield from functions_of(value)
        else:
            yield from plain_functions(value)


def plain_functions(value: Any) -> Iterator[FunctionType]:
    """What is called where an attribute of a module or class is."""
    candidates = (value, getattr(value, "__func__", None), getattr(value, "fget", None), getattr(value, "func", None))
    for candidate in candidates:
        while isinstance(candidate, FunctionType):
            if candidate.__module__.partition(".")[0] == PACKAGE:
                yield candidate
            candidate = getattr(candidate, "__wrapped__", None)
