"""Tensors without values, for models larger than this machine: ``uniference run --fake --compute roofline``.

The whole script runs under torch's ``FakeTensorMode``: tensors have shapes and types, operations infer theirs, and nothing
is computed. What depends on values (``item()``, ``tolist()``, a branch on a tensor) cannot be, and torch says so.
"""

from __future__ import annotations

from typing import Any

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

_modes: list[FakeTensorMode] = []


def begin() -> None:
    """Makes every tensor fake that is made from now on."""
    mode = FakeTensorMode(allow_non_fake_inputs=True)
    mode.__enter__()
    _modes.append(mode)


def end() -> None:
    """Ends what `begin` began."""
    if _modes:
        _modes.pop().__exit__(None, None, None)


def is_fake(value: Any) -> bool:
    """Whether a tensor has no values; a DTensor if its local part has none."""
    local = getattr(value, "_local_tensor", value)
    return isinstance(local, FakeTensor) or (isinstance(local, torch.Tensor) and local.is_meta)
