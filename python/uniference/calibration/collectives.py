"""A few collectives, at sizes that ``uniference validate`` does not look at."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.distributed as dist

from uniference.calibration.bench import Bench, Pattern

SIZES = (3_000, 48_000, 160_000, 700_000, 3_000_000, 10_000_000)
"""Bytes of one rank's contribution."""
WARM_UP = 2
LEAD_S, STAGGER_S = 2e-3, 1e-3
"""After a barrier, rank r waits ``LEAD_S + r * STAGGER_S``. Without that, whether both directions of an exchange share
the wire or follow each other is decided by microseconds, which say nothing of the network."""
BARRIERS = 10


def measure_collectives(bench: Bench) -> None:
    """Each operation at each size, on all ranks, and what torch's calls cost without any network."""
    everybody = list(range(bench.size))
    alone = _alone(bench)
    bench.measure("barrier", _barriers(), ranks=everybody)
    for name in ("all_reduce", "all_gather", "broadcast"):
        bench.sweep(name, SIZES, partial(_pattern, name), ranks=everybody)
    values = torch.ones(64)
    bench.measure("alone_all_reduce", _timed(lambda: dist.all_reduce(values, group=alone), meet=False),
                  ranks=everybody, bytes=256)
    bench.measure("start_call", _start_call(values), ranks=everybody, bytes=256)


def steps() -> int:
    """How many measurements `measure_collectives` makes."""
    return 3 * len(SIZES)


def _pattern(name: str, size: int) -> Pattern:
    return _timed(_action(name, size))


def _action(name: str, size: int) -> Callable[[], object]:
    values = torch.ones(size // 4)
    if name == "all_reduce":
        return lambda: dist.all_reduce(values)
    if name == "broadcast":
        return lambda: dist.broadcast(values, src=0)
    gathered = torch.empty(values.numel() * dist.get_world_size())
    return lambda: dist.all_gather_into_tensor(gathered, values)


def _timed(action: Callable[[], object], meet: bool = True) -> Pattern:
    """From when the last rank has begun, where ranks meet."""

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            if meet:
                dist.barrier()
            start = time.perf_counter()
            if meet:
                time.sleep(LEAD_S + dist.get_rank() * STAGGER_S)
                start += LEAD_S + (dist.get_world_size() - 1) * STAGGER_S
            action()
            samples.append(time.perf_counter() - start)
        return samples[WARM_UP:]

    return run


def _barriers() -> Pattern:
    """The time from one barrier to the next: one alone depends on who has left the one before it first."""

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            dist.barrier()
            start = time.perf_counter()
            for _ in range(BARRIERS):
                dist.barrier()
            samples.append((time.perf_counter() - start) / BARRIERS)
        return samples[WARM_UP:]

    return run


def _start_call(values: torch.Tensor) -> Pattern:
    """How long the call takes that starts a collective and does not wait for it."""

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            dist.barrier()
            start = time.perf_counter()
            work = dist.all_reduce(values, async_op=True)
            samples.append(time.perf_counter() - start)
            if work is not None:
                work.wait()
        return samples[WARM_UP:]

    return run


def _alone(bench: Bench) -> Any:
    """A group of this rank alone. Everybody has to make all groups, in the same order."""
    groups = [dist.new_group([rank]) for rank in range(bench.size)]
    return groups[bench.rank]
