"""The other ways in which torch's C++ process group can be called.

``group.allreduce([tensor], options)`` is what ``torch.distributed`` calls. Scripts that hold a group may also say
``group.allreduce(tensor, dist.ReduceOp.MAX)`` or ``group.broadcast(tensor, root=1, timeout=...)``; pybind11 has an
overload for each in ``torch/csrc/distributed/c10d/init.cpp``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from torch import Tensor

from uniference.work import UniferenceWork

OPTION_OF_KEYWORD = {"root": "rootRank", "op": "reduceOp", "timeout": "timeout"}
"""What the overloads' parameters are called in the options that they stand for."""

Method = Callable[..., UniferenceWork]


def short_form(
    options_class: type, *parameters: str, operands: int = 0, in_lists: bool = True
) -> Callable[[Method], Method]:
    """Lets a method be called by torch's short form, too.

    Args:
        options_class: what the parameters are put into.
        parameters: those after the operands, in order.
        operands: how many operands stand before them.
        in_lists: whether operands are lists, each of which stands for a list of one if one of them is a tensor.
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def called(group: Any, *arguments: Any, **keywords: Any) -> UniferenceWork:
            values, others = arguments[:operands], arguments[operands:]
            if in_lists and any(isinstance(value, Tensor) for value in values):
                values = tuple([value] for value in values)
            given = dict(zip(parameters, others)) if others and not hasattr(others[0], "asyncOp") else {}
            given.update((name, keywords.pop(name)) for name in parameters if name in keywords)
            if not given:
                return method(group, *values, *others, **keywords)
            options = options_class()
            for name, value in given.items():
                if value is not None:
                    setattr(options, OPTION_OF_KEYWORD[name], value)
            return method(group, *values, opts=options, **keywords)

        return called

    return decorate
