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

PICOSECONDS_PER_MICROSECOND = 1_000_000


class MonitoredBarrier:
    """One barrier of a group."""

    def __init__(self, calls: GroupCalls, rank: int, number: int, timeout: timedelta | None) -> None:
        """
        Args:
            rank: this process's rank in the group.
            number: how many such barriers the group has had.
            timeout: for all of it, in virtual time; ``None`` for none, since a deadlock is found at once.
        """
        self._calls = calls
        self._rank = rank
        self._tag = LARGEST_TAG - number
        self._timeout = timeout
        self._milliseconds = 0 if timeout is None else round(timeout.total_seconds() * 1000)
        self._start_ps = calls.session.now_ps

    def pass_it(self, wait_all_ranks: bool) -> None:
        """Raises ``RuntimeError`` as gloo does when somebody does not come in time."""
        if self._rank != 0:
            self._report()
            return
        missing: list[int] = []
        for rank in range(1, self._calls.members):
            if not self._hear(rank, wait_all_ranks, passed=rank - 1 - len(missing)):
                missing.append(rank)
        if missing:
            ranks = ", ".join(map(str, missing))
            raise RuntimeError(f"[Rank 0]: Ranks {ranks} failed to pass monitoredBarrier in {self._milliseconds} ms")
        works = [self._calls.send(self._note(), rank, self._tag) for rank in range(1, self._calls.members)]
        for work in works:
            work.wait(self._timeout or timedelta(0))

    def _report(self) -> None:
        try:
            self._calls.send(self._note(), 0, self._tag).wait(self._timeout or timedelta(0))
            self._calls.receive(self._note(), 0, self._tag).wait(self._timeout or timedelta(0))
        except dist.DistBackendError as error:
            raise RuntimeError(
                f"Rank {self._rank} successfully reached monitoredBarrier, but received errors while waiting for "
                f"send/recv from rank 0. Please check rank 0 logs for faulty rank.\n Original exception: \n{error}"
            ) from None

    def _hear(self, rank: int, wait_all_ranks: bool, passed: int) -> bool:
        remaining = self._remaining(wait_all_ranks)
        if remaining is not None and remaining <= timedelta(0):
            processed = ", ".join(map(str, range(1, passed + 1)))
            raise RuntimeError(
                f"Rank 0 timed out in monitoredBarrier after {self._milliseconds} ms.\n"
                + (f"Successfully processed ranks: {processed}" if passed else
                   "No ranks successfully processed in monitoredBarrier.")
            )  # fmt: skip
        try:
            return self._calls.receive(self._note(), rank, self._tag).wait(remaining or timedelta(0))
        except dist.DistBackendError as error:
            if not wait_all_ranks:
                raise RuntimeError(
                    f"[Rank 0]: Rank {rank} failed to pass monitoredBarrier in {self._milliseconds} ms\n"
                    f" Original exception: \n{error}"
                ) from None
            return False

    def _remaining(self, wait_all_ranks: bool) -> timedelta | None:
        """How long rank 0 goes on listening: the whole time-out to each where it names all who are missing."""
        if self._timeout is None or wait_all_ranks:
            return self._timeout
        elapsed_ps = self._calls.session.now_ps - self._start_ps
        return self._timeout - timedelta(microseconds=elapsed_ps / PICOSECONDS_PER_MICROSECOND)

    @staticmethod
    def _note() -> torch.Tensor:
        return torch.zeros(1, dtype=torch.uint8, device="cpu")
