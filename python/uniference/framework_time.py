"""Keeps what torch's functions need around a process group's operation out of the script's computing.

That time belongs to the communication library: a transport's ``per_collective`` is measured with it. The script's clock
therefore stands still from the call of ``torch.distributed.all_reduce``, say, until it returns.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch.distributed as dist
from torch.distributed import distributed_c10d as c10d

if TYPE_CHECKING:
    from uniference.session import Session

NAMES = (
    "all_gather", "all_gather_coalesced", "all_gather_into_tensor", "all_gather_single", "all_reduce",
    "all_reduce_coalesced", "all_to_all", "all_to_all_single", "barrier", "batch_isend_irecv", "broadcast", "gather",
    "irecv", "isend", "recv", "reduce", "reduce_scatter", "reduce_scatter_single", "reduce_scatter_tensor", "scatter",
    "send",
)  # fmt: skip
"""Functions that do nothing but communicate. Those for objects also turn them into bytes, which is computing."""


def exclude_framework_time(session: Callable[[], Session | None]) -> None:
    """Has the clock of this process's session, once there is one, stand still in these functions."""
    for name in NAMES:
        if not hasattr(c10d, name):
            continue
        original: Callable[..., Any] = getattr(c10d, name)
        replacement = without_clock(original, session)
        for module in (c10d, dist):
            if getattr(module, name, None) is original:
                setattr(module, name, replacement)
        keep_traceable(original, replacement)


def keep_traceable(original: Callable[..., Any], replacement: Callable[..., Any]) -> None:
    """Has Dynamo trace the replacement as it traces the original: as a functional collective."""
    functional = sys.modules.get("torch.distributed._functional_collectives")
    remaps = getattr(functional, "traceable_collective_remaps", {})
    if original in remaps:
        remaps[replacement] = remaps[original]


def without_clock(function: Callable[..., Any], session: Callable[[], Session | None]) -> Callable[..., Any]:
    """The function, in which the script's clock stands still."""

    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        current = session()
        if current is None:
            return function(*arguments, **options)
        current.pause()
        try:
            return function(*arguments, **options)
        finally:
            current.resume()

    return call
