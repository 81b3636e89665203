"""Copies between the memories of host and described GPU, which take time on the link between them."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from uniference.gpu import pinning
from uniference.operations import COPIES
from uniference.traffic import tensors_in
from uniference.wire import StreamCommand


class HostCopy(NamedTuple):
    """One or more copies in one direction."""

    command: StreamCommand
    size_bytes: int
    makes_host_wait: bool
    """Whether the host waits, though the memory is pinned."""


def host_copies(name: str, arguments: Any, keywords: Any, result: Any) -> list[HostCopy] | None:
    """The copies that an operation is, or ``None`` where it is none between host and device."""
    if name not in COPIES:
        return None
    sources, targets = pairs(name, arguments, result)
    if not sources or sources[0].is_cuda == targets[0].is_cuda:
        return None
    is_asynchronous = non_blocking(name, arguments, keywords)
    copies = []
    for source, target in zip(sources, targets):
        host, to_device = (source, True) if target.is_cuda else (target, False)
        # Torch pins what it makes for a copy that the script does not wait for.
        if name == "_to_copy" and not to_device and is_asynchronous and not pinning.has(host):
            pinning.note(host)
        is_pinned = pinning.has(host)
        copies.append(HostCopy(command(to_device, is_pinned), target.nbytes, is_pinned and not is_asynchronous))
    return copies


def pairs(name: str, arguments: Any, result: Any) -> tuple[list[Tensor], list[Tensor]]:
    """What is copied, and where to."""
    if name == "_to_copy":
        return [arguments[0]], [result]
    if name == "_copy_from":
        return [arguments[0]], [arguments[1]]
    return [*tensors_in(arguments[1])], [*tensors_in(arguments[0])]


def non_blocking(name: str, arguments: Any, keywords: Any) -> bool:
    """Whether the script has said that it does not wait."""
    positional = arguments[2] if name != "_to_copy" and len(arguments) > 2 else False
    return bool(keywords.get("non_blocking", positional))


def command(to_device: bool, is_pinned: bool) -> StreamCommand:
    """What the engine is told."""
    if is_pinned:
        return StreamCommand.COPY_TO_DEVICE if to_device else StreamCommand.COPY_TO_HOST
    return StreamCommand.COPY_PAGEABLE_TO_DEVICE if to_device else StreamCommand.COPY_PAGEABLE_TO_HOST


def note_factory(keywords: Any, result: Any) -> None:
    """Takes down that a new tensor has been asked to be pinned."""
    if keywords.get("pin_memory") and isinstance(result, torch.Tensor) and result.device.type == "cpu":
        pinning.note(result)
