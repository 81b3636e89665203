"""Functional collectives on tensors without values: what DTensor and FSDP2 do, charged though nothing is moved.

On true tensors these operations reach the process group by themselves. Torch's fake mode only infers their shapes, so
the group is told here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.distributed as dist
from torch import Tensor
from torch._C._distributed_c10d import AllgatherOptions, AllToAllOptions, _resolve_process_group

NAMESPACE = "_c10d_functional"


class FunctionalCollectives:
    """Starts the operations with their groups, and waits where the script does."""

    def __init__(self) -> None:
        self._under_way: dict[int, tuple[Tensor, Any]] = {}

    def called(self, function: Any, arguments: Any, result: Any) -> None:
        """An operation of the namespace has inferred its result.

        Raises ``RuntimeError`` for one that is not known, since it would take no time.
        """
        name = function._overloadpacket.__name__
        if name == "wait_tensor":
            _, work = self._under_way.pop(id(arguments[0]), (None, None))
            if work is not None:
                work.wait()
                # The waited-for tensor is another object for whoever waits for it again.
                self._under_way.pop(id(result), None)
            return
        start = STARTS.get(name)
        if start is None:
            raise RuntimeError(f"the functional collective {name} cannot be timed with --fake; run it without --fake")
        work = start(arguments, result)
        for output in result if isinstance(result, (list, tuple)) else (result,):
            self._under_way[id(output)] = (output, work)


def group(name: Any) -> Any:
    """The process group that an operation names."""
    return name if isinstance(name, dist.ProcessGroup) else _resolve_process_group(name)


def asynchronous(options: Any) -> Any:
    """The options of a call that is waited for later."""
    options.asyncOp = True
    return options


def all_reduce(arguments: Any, result: Any) -> Any:
    return group(arguments[2]).allreduce([result], asynchronous(dist.AllreduceOptions()))


def all_reduce_coalesced(arguments: Any, result: Any) -> Any:
    return group(arguments[2]).allreduce_coalesced(list(result), asynchronous(dist.AllreduceCoalescedOptions()))


def all_gather(arguments: Any, result: Any) -> Any:
    return group(arguments[2]).all_gather_single(result, arguments[0], asynchronous(AllgatherOptions()))


def all_gather_coalesced(arguments: Any, result: Any) -> Any:
    return group(arguments[2]).all_gather_single_coalesced(
        list(result), list(arguments[0]), asynchronous(AllgatherOptions()))


def reduce_scatter(arguments: Any, result: Any) -> Any:
    return group(arguments[3]).reduce_scatter_single(result, arguments[0], asynchronous(dist.ReduceScatterOptions()))


def reduce_scatter_coalesced(arguments: Any, result: Any) -> Any:
    return group(arguments[3]).reduce_scatter_single_coalesced(
        list(result), list(arguments[0]), asynchronous(dist.ReduceScatterOptions()))


def all_to_all(arguments: Any, result: Any) -> Any:
    source, output_sizes, input_sizes, name = arguments
    return group(name).all_to_all_single(
        result, source, list(output_sizes), list(input_sizes), asynchronous(AllToAllOptions()))


def broadcast(arguments: Any, result: Any) -> Any:
    options = asynchronous(dist.BroadcastOptions())
    options.rootRank = arguments[1]
    return group(arguments[2]).broadcast([result], options)


STARTS: dict[str, Callable[[Any, Any], Any]] = {
    "all_reduce": all_reduce,
    "all_reduce_": all_reduce,
    "all_reduce_coalesced": all_reduce_coalesced,
    "all_reduce_coalesced_": all_reduce_coalesced,
    "all_gather_into_tensor": all_gather,
    "all_gather_into_tensor_coalesced": all_gather_coalesced,
    "reduce_scatter_tensor": reduce_scatter,
    "reduce_scatter_tensor_coalesced": reduce_scatter_coalesced,
    "all_to_all_single": all_to_all,
    "broadcast": broadcast,
    "broadcast_": broadcast,
}
