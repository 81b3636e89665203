"""Costs of kernels that torch does not know: of Triton, of CUDA extensions, of custom operators.

    from uniference import kernel_costs

    kernel_costs.register("rms_norm_kernel", lambda x, *rest, **options: kernel_costs.Cost(
        flops=4 * x.numel(), bytes_read=x.nbytes, bytes_written=x.nbytes))

Registered in the script, under a condition that it runs under Uniference, or in a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from uniference.operations import OperationRecorder


@dataclass(frozen=True)
class Cost:
    """What a kernel asks of its device."""

    flops: float = 0
    bytes_read: float = 0
    bytes_written: float = 0
    dtype: torch.dtype = torch.float16
    """The element type in which it computes."""


CostFunction = Callable[..., Cost]
"""Takes what the kernel is launched with."""

_costs: dict[str, tuple[CostFunction, Callable[..., None] | None]] = {}
recorder: OperationRecorder | None = None
"""The rank's, where costs come from a model."""


def register(kernel: str, cost: CostFunction, compute: Callable[..., None] | None = None) -> None:
    """Has launches of a kernel be charged.

    Args:
        kernel: its name, without module.
        cost: what it costs, by what it is launched with.
        compute: does what the kernel does with torch, where values matter. Without it tensors stay as they are, which
        is
            right under ``--fake`` only.
    """
    _costs[kernel] = (cost, compute)


def launch(what: str, place: str, kernel: str, arguments: Sequence[Any], keywords: dict[str, Any]) -> None:
    """Charges a launch. Raises ``NotImplementedError`` where no cost has been registered."""
    if kernel not in _costs:
        raise NotImplementedError(
            f"the {what} ({place}) cannot run here and its cost is not known; give it one by "
            f"uniference.kernel_costs.register({kernel!r}, ...), or have the program use torch's operations"
        )
    cost_function, compute = _costs[kernel]
    cost = cost_function(*arguments, **keywords)
    if recorder is None:
        if compute is not None:
            compute(*arguments, **keywords)
        return
    recorder.charge(kernel, cost)
    if compute is not None:
        with recorder.paused():
            compute(*arguments, **keywords)
