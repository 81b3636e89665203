"""``monitored_barrier`` as gloo has it: everybody reports to rank 0, which says who has not, and then lets all go on.

Source: ``ProcessGroupGloo::monitoredBarrier`` in ``torch/csrc/distributed/c10d/ProcessGroupGloo.cpp``, torch 2.13.
"""

from __future__ import annotations

from datetime import timedelta

import torch
import torch.distributed as dist

from uniference.group_calls import GroupCalls

LARGEST_TAG = 2**31 - 1
"""Each barrier has a tag of its own, counted down from here, so that a late report is not taken for the next one's."""


class MonitoredBarrier:
    """One barrier of a group."""

    def __init__(self, calls: GroupCalls, rank: int, number: int, timeout: timedelta | None) -> None:
        """
        Args:
            rank: this process's rank in the group.
            number: how many such barriers the group has had.
            timeout: for each step, in virtual time; ``None`` for none, since a deadlock is found at once.
        """
        self._calls = calls
        self._rank = rank
        self._tag = LARGEST_TAG - number
        self._timeout = timeout or timedelta(0)
        self._milliseconds = round(self._timeout.total_seconds() * 1000)

    def pass_it(self, wait_all_ranks: bool) -> None:
        """Raises ``RuntimeError`` as gloo does when somebody does not come in time."""
        if self._rank != 0:
            self._report()
            return
        missing = [rank for rank in range(1, self._calls.members) if not self._hear(rank, not wait_all_ranks)]
        if missing:
            ranks = ", ".join(map(str, missing))
            raise RuntimeError(f"[Rank 0]: Ranks {ranks} failed to pass monitoredBarrier in {self._milliseconds} ms")
        works = [self._calls.send(self._note(), rank, self._tag) for rank in range(1, self._calls.members)]
        for work in works:
            work.wait(self._timeout)

    def _report(self) -> None:
        try:
            self._calls.send(self._note(), 0, self._tag).wait(self._timeout)
            self._calls.receive(self._note(), 0, self._tag).wait(self._timeout)
        except dist.DistBackendError:
            raise RuntimeError(
                f"Rank {self._rank} successfully reached monitoredBarrier, but received errors while waiting for "
                f"send/recv from rank 0. Please check rank 0 logs for faulty rank."
            ) from None

    def _hear(self, rank: int, is_first_missing_an_error: bool) -> bool:
        try:
            return self._calls.receive(self._note(), rank, self._tag).wait(self._timeout)
        except dist.DistBackendError:
            if is_first_missing_an_error:
                raise RuntimeError(
                    f"[Rank 0]: Rank {rank} failed to pass monitoredBarrier in {self._milliseconds} ms"
                ) from None
            return False

    @staticmethod
    def _note() -> torch.Tensor:
        return torch.zeros(1, dtype=torch.uint8, device="cpu")
