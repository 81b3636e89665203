"""Memory of the host that a GPU can read by itself. Here it is memory as any; only what torch says of it differs."""

from __future__ import annotations

from typing import Any

import torch

PINNED = "_uniference_is_pinned"


def install() -> None:
    """Has tensors of the host be pinned when they are told to."""
    tensor: Any = torch.Tensor

    def pin_memory(self: Any, device: Any = None) -> Any:
        if self.device.type != "cpu":
            raise RuntimeError(f"cannot pin '{self.type()}' only dense CPU tensors can be pinned")
        if is_pinned(self):
            return self
        pinned = self.clone(memory_format=torch.preserve_format)
        setattr(pinned, PINNED, True)
        return pinned

    def is_pinned(self: Any, device: Any = None) -> bool:
        return bool(getattr(self, PINNED, False))

    tensor.pin_memory = pin_memory
    tensor.is_pinned = is_pinned
