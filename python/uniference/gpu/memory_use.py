"""What a described GPU's memory held when most of it was in use."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import Any

import torch

PARAMETERS, GRADIENTS, OPTIMIZER, OTHERS = "parameters", "gradients", "optimizer state", "activations and others"


def at_peak() -> list[tuple[str, int]]:
    """Bytes by kind on the process's current device. What lives to the end is told apart by what refers to it; the rest
    of the peak is activations, buffers of communication, and workspace."""
    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return []
    device = torch.cuda.current_device()
    peak = torch.cuda.max_memory_allocated(device)
    counted: set[int] = set()
    parameters, states = parameters_and_states()
    uses = [
        (PARAMETERS, held(parameters, device, counted)),
        (GRADIENTS, held((each.grad for each in parameters), device, counted)),
        (OPTIMIZER, held(states, device, counted)),
    ]
    lasting = sum(size for _, size in uses)
    return [use for use in [*uses, (OTHERS, max(0, peak - lasting))] if use[1] > 0]


def parameters_and_states() -> tuple[list[Any], list[Any]]:
    """All parameters of modules, and the tensors that optimizers keep of them."""
    parameters: list[Any] = []
    states: list[Any] = []
    for value in gc.get_objects():
        if isinstance(value, torch.nn.Module):
            parameters += value._parameters.values()
        elif isinstance(value, torch.optim.Optimizer):
            states += [entry for state in value.state.values() for entry in state.values()]
    return [each for each in parameters if each is not None], states


def held(tensors: Iterable[Any], device: int, counted: set[int]) -> int:
    """Bytes of the tensors' memory on a device that has not been counted before."""
    total = 0
    for tensor in tensors:
        local = getattr(tensor, "_local_tensor", tensor)
        if not isinstance(local, torch.Tensor) or local.device.type != "cuda" or local.device.index != device:
            continue
        storage = local.untyped_storage()
        if storage._cdata not in counted:
            counted.add(storage._cdata)
            total += storage.nbytes()
    return total
