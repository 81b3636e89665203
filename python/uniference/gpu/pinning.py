"""Memory of the host that a GPU can read by itself. Here it is memory as any; only what torch says of it differs, and
how long copies take."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

MOST_BETWEEN_CLEANINGS = 1024

_pinned: dict[int, StorageWeakRef] = {}
"""Storages that are pinned, by their addresses, which nobody else has while they are here."""


def note(tensor: Tensor) -> None:
    """From now on the tensor's memory is pinned."""
    if len(_pinned) > MOST_BETWEEN_CLEANINGS:
        for key in [key for key, reference in _pinned.items() if reference.expired()]:  # type: ignore[no-untyped-call]
            del _pinned[key]
    storage = tensor.untyped_storage()
    _pinned[int(storage._cdata)] = StorageWeakRef(storage)  # type: ignore[no-untyped-call]


def has(tensor: Tensor) -> bool:
    """Whether a tensor of the host is in pinned memory, as its views are."""
    return bool(_pinned) and tensor.layout is torch.strided and int(tensor.untyped_storage()._cdata) in _pinned


def install() -> None:
    """Has tensors of the host be pinned when they are told to."""
    tensor: Any = Tensor

    def pin_memory(self: Any, device: Any = None) -> Any:
        if self.device.type != "cpu":
            raise RuntimeError(f"cannot pin '{self.type()}' only dense CPU tensors can be pinned")
        if has(self):
            return self
        pinned = self.clone(memory_format=torch.preserve_format)
        note(pinned)
        return pinned

    def is_pinned(self: Any, device: Any = None) -> bool:
        return self.device.type == "cpu" and has(self)

    tensor.pin_memory = pin_memory
    tensor.is_pinned = is_pinned
