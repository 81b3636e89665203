"""The process group that a script gets in simulation instead of gloo's or NCCL's.

Torch's C++ code calls a Python process group by the names in ``torch/csrc/distributed/c10d/PyProcessGroup.hpp``, its
Python code by those in ``torch/distributed/distributed_c10d.py``; both spellings are here where they differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

import torch
from torch._C._distributed_c10d import Store

from uniference.collectives.copying import Copying
from uniference.collectives.exchanging import Exchanging
from uniference.collectives.reducing import Reducing
from uniference.ddp import SIMULATED
from uniference.group_calls import GroupCalls
from uniference.session import Session
from uniference.work import UniferenceWork

BACKEND = "uniference"
"""The name under which the process group is registered."""


class UniferenceProcessGroup(Reducing, Copying, Exchanging):
    """Every operation of ``torch.distributed``, in virtual time. Values are those that gloo gives.

    What the operations do is in `uniference.collectives`; here is what torch asks of a group otherwise.
    """

    def __init__(
        self,
        session: Session,
        store: Store,
        rank: int,
        world_ranks: Sequence[int],
        name: str,
        initialization: str,
        shared_name: str,
        backends: Mapping[str, str],
        timeout: timedelta | None = None,
    ) -> None:
        """
        Args:
            rank: this process's rank in the group.
            world_ranks: all members' ranks in the world, in group order.
            name: torch's name of the group in this process.
            initialization: tells one ``init_process_group`` from another, the same on all ranks.
            shared_name: what all members call the group.
            backends: what the script has asked for, by type of device.
            timeout: what the script has given for all operations; ``None`` if nothing.
        """
        super().__init__(rank, GroupCalls(session, shared_name, initialization, world_ranks, backends, timeout))
        self._group_name = name
        self.shared_name = shared_name
        self._group_description = "undefined"
        self._store = store
        self._backends = dict(backends)

    def getBackendName(self) -> str:  # noqa: N802
        """What C++ code asks for; see `uniference.ddp`."""
        return f"{SIMULATED}{self.name()}"

    def name(self) -> str:
        """The backend that the script has asked for."""
        return next(iter(self._backends.values()))

    _get_backend_name = name

    def getGroupName(self) -> str:  # noqa: N802
        """Torch's name of the group. Torch keeps it in a backend's C++ object, of which there is none."""
        return self._group_name

    def setGroupName(self, name: str) -> None:  # noqa: N802
        self._group_name = name

    def getGroupDesc(self) -> str:  # noqa: N802
        return self._group_description

    def setGroupDesc(self, desc: str) -> None:  # noqa: N802
        self._group_description = desc

    group_name = property(getGroupName)
    group_desc = property(getGroupDesc)
    _set_group_name = setGroupName
    _set_group_desc = setGroupDesc

    @property
    def _device_types(self) -> list[torch.device]:
        return [torch.device(kind) for kind in self._backends]

    def _get_backend(self, device: torch.device) -> UniferenceProcessGroup:  # type: ignore[override]
        if device.type not in self._backends:
            raise RuntimeError(f"No backend type associated with device type {device.type}")
        return self

    supports_splitting = False

    @property
    def splits(self) -> bool:
        """Whether ``split_group`` can be asked of it: torch has that of NCCL's groups, not of gloo's."""
        return "nccl" in self._backends.values()

    supports_coalescing = False
    supports_time_estimate = False

    def supports_tensor_alloc(self, device: torch.device) -> bool:
        return False

    def get_group_store(self) -> Store:
        return self._store

    def split_group(self, *arguments: Any, **options: Any) -> NoReturn:
        """Torch's own would look for a backend's C++ object, of which there is none."""
        raise NotImplementedError("ProcessGroup.split_group is not simulated; use torch.distributed.split_group")

    def merge_remote_group(self, *arguments: Any, **options: Any) -> NoReturn:
        """Likewise."""
        raise NotImplementedError("ProcessGroup.merge_remote_group is not simulated; use torch.distributed.new_group")

    def set_timeout(self, timeout: timedelta) -> None:
        self._calls.set_timeout(timeout)

    _set_default_timeout = set_timeout

    def _set_sequence_number_for_group(self) -> None:
        """Sequence numbers serve to find mismatches, which the engine does."""

    def shutdown(self) -> None:
        """There is nothing to shut down: the engine's groups end with the run."""

    def abort(self) -> None:
        """Likewise."""

    def _start_coalescing(self, device: torch.device) -> None:
        if self._backends.get(device.type) != "nccl":
            raise RuntimeError(f"Backend {self._backends.get(device.type)} does not implement startCoalescing")
        self._calls.start_coalescing()

    def _end_coalescing(self, device: torch.device) -> UniferenceWork:
        return self._calls.end_coalescing()
