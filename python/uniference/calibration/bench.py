"""One measurement after another, agreed on by all ranks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist

from uniference.calibration.clocks import ClockWatch
from uniference.calibration.figures import Measurements, identity
from uniference.calibration.progress import Progress
from uniference.calibration.samples import Summary

Pattern = Callable[[int], "list[float]"]
"""Repeats something that number of times, after a warm-up of its own, and returns one time for each repetition, in
seconds by this rank's own clock; nothing on a rank that only takes part."""


@dataclass(frozen=True)
class Effort:
    """How much time to spend."""

    repetitions: int = 25
    """Most repetitions of one measurement."""
    least_repetitions: int = 7
    """Fewest; what takes longer than `patience_s` for these is left out."""
    seconds: float = 1.5
    """Time for one measurement, where it is long enough to matter."""
    patience_s: float = 30.0
    largest: int = 1 << 62
    """Bytes of the largest payload."""


class Bench:
    """This rank's part in the measuring."""

    def __init__(self, effort: Effort, measurements: Measurements | None, progress: Progress, owner: str) -> None:
        """
        Args:
            measurements: on rank 0, where figures go.
            owner: what messages call this rank.
        """
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self.progress = progress
        self._effort = effort
        self._measurements = measurements
        self._watch = ClockWatch(owner)
        self.former: dict[str, float] = {}
        """Medians of figures that an earlier run has measured, the same on every rank: they are not measured again."""

    def sweep(self, kind: str, sizes: Iterable[int], pattern: Callable[[int], Pattern], *, ranks: list[int],
              timer: int | None = None, count: Callable[[int], int] | None = None) -> None:
        """Measures a pattern at rising sizes, until one would take too long.

        Args:
            pattern: for a size in bytes, what each rank does.
            ranks: who takes part; the others wait.
            timer: the rank whose times count; ``None`` for the longest of all ranks, repetition by repetition.
            count: messages of one repetition, by size.
        """
        estimate: tuple[int, float] | None = None
        for size in sizes:
            self.progress.step(f"{kind}, {_bytes(size)}")
            if size > self._effort.largest:
                return
            expected = estimate[1] * max(1.0, size / max(1, estimate[0])) if estimate else 0.0
            if expected * self._effort.least_repetitions > self._effort.patience_s:
                self.note(f"{kind} of {_bytes(size)} and more was left out: it would have taken too long")
                return
            details = {"count": count(size)} if count else {}
            took = self.measure(kind, pattern(size), expected, ranks=ranks, timer=timer, bytes=size, **details)
            estimate = (size, took)

    def measure(self, kind: str, pattern: Pattern, expected: float = 0.0, *, ranks: list[int],
                timer: int | None = None, **details: Any) -> float:
        """Measures one pattern; what one repetition took in all, agreed on by all ranks.

        Args:
            expected: seconds that one repetition is thought to take.
        """
        known = self.former.get(identity(kind, ranks, details))
        if known is not None:
            return known
        count = self._effort.repetitions
        if expected > 0:
            count = int(min(count, max(self._effort.least_repetitions, self._effort.seconds / expected)))
        began = time.monotonic()
        samples = pattern(count) if self.rank in ranks else []
        took = time.monotonic() - began
        self._watch.check(kind)
        times, took = self._agree(samples, count, timer, took / count)
        if self._measurements is not None:
            self._measurements.add(kind, ranks, Summary.of(times), **details)
        return took

    def note(self, text: str) -> None:
        """Adds a remark to the measurements."""
        if self._measurements is not None:
            self._measurements.note(text)

    def _agree(self, samples: list[float], count: int, timer: int | None, took: float) -> tuple[list[float], float]:
        """Everybody learns the times that count and the longest duration: what comes next depends on them."""
        values = torch.full((count + 1,), -1.0, dtype=torch.float64)
        values[count] = took
        if samples and timer in (None, self.rank):
            values[:count] = torch.tensor(samples, dtype=torch.float64)
        dist.all_reduce(values, dist.ReduceOp.MAX)
        agreed: list[float] = values.tolist()
        return agreed[:count], agreed[count]


def _bytes(size: int) -> str:
    for unit, scale in (("MB", 1_000_000), ("kB", 1000)):
        if size >= scale:
            return f"{size / scale:.4g} {unit}"
    return f"{size} B"
