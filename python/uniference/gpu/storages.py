"""Storages of described GPUs, which torch's C++ makes and resizes only in a build for CUDA."""

from __future__ import annotations

import ctypes
from typing import Any

import torch


def install(library: ctypes.CDLL) -> None:
    """Has ``torch.UntypedStorage`` make and resize storages of described GPUs."""
    storage = torch.UntypedStorage
    base: Any = torch._C.StorageBase
    make, resize = base.__new__, base.resize_

    def new(cls: Any, *arguments: Any, device: Any = None, **keywords: Any) -> Any:
        place = None if device is None else torch.device(device)
        if place is None or place.type != "cuda":
            return make(cls, *arguments, **({} if device is None else {"device": device}), **keywords)
        if arguments and not isinstance(arguments[0], int):
            elements = torch.tensor(list(arguments[0]), dtype=torch.uint8)
            return elements.to(place).untyped_storage()
        return torch.empty(arguments[0] if arguments else 0, dtype=torch.uint8, device=place).untyped_storage()

    def resize_(self: Any, size: int) -> Any:
        if self.device.type != "cuda":
            return resize(self, size)
        if not library.uniference_gpu_resize_storage(self._cdata, int(size)):
            # An allocation of its own says what is wrong, in torch's words.
            torch.empty(int(size), dtype=torch.uint8, device=self.device)
        return self

    replaced: Any = storage
    replaced.__new__ = staticmethod(new)
    replaced.resize_ = resize_
