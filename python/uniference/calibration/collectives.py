"""A few collectives, at sizes that ``uniference validate`` does not look at."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.distributed as dist

from uniference.calibration.bench import Bench, Pattern

SIZES = (600, 6_000, 48_000, 160_000, 700_000, 3_000_000, 10_000_000)
"""Bytes of one rank's contribution."""
WARM_UP = 2
COLD_SIZE, COLD_LAYERS, COLD_WIDTH = 600, 4, 2048
"""Of a collective that finds cold caches: one rank's contribution, and the linear layers that are gone through before
it, of 64 MiB. Copying as much memory leaves most of the caches as they are, since large copies pass by them."""
LEAD_S, STAGGER_S = 2e-3, 1e-3
"""After a barrier, rank r waits ``LEAD_S + r * STAGGER_S``. Without that, whether both directions of an exchange share
the wire or follow each other is decided by microseconds, which say nothing of the network. The last rank's times count:
others would add by how much earlier than that one they have left the barrier."""


def measure_collectives(bench: Bench) -> None:
    """Each operation at each size, on all ranks, and what torch's calls cost without any network."""
    everybody = list(range(bench.size))
    alone = _alone(bench)
    last = bench.size - 1
    bench.measure("sleep_overshoot", _sleep_overshoot, ranks=everybody, timer=last)
    bench.measure("nothing", _timed(lambda: None), ranks=everybody, timer=last)
    bench.measure("barrier", _timed(dist.barrier), ranks=everybody, timer=last)
    for name in ("all_reduce", "all_gather", "broadcast"):
        bench.sweep(name, SIZES, partial(_pattern, name), ranks=everybody, timer=last)
    bench.measure("cold_all_reduce", _timed(_action("all_reduce", COLD_SIZE), first=_layers()),
                  ranks=everybody, timer=last, bytes=COLD_SIZE)
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


def _layers() -> Callable[[], object]:
    """Computes as a model does for a few rows."""
    weights = [torch.randn(COLD_WIDTH, COLD_WIDTH) for _ in range(COLD_LAYERS)]
    inputs = torch.randn(8, COLD_WIDTH)

    def compute() -> torch.Tensor:
        rows = inputs
        for weight in weights:
            rows = torch.relu(rows @ weight)
        return rows

    return compute


def _timed(action: Callable[[], object], meet: bool = True, first: Callable[[], object] | None = None) -> Pattern:
    """From when the last rank has begun, where ranks meet; from when a rank has done what comes first, where there is
    anything."""

    def run(repetitions: int) -> list[float]:
        samples = []
        pause_s = LEAD_S + dist.get_rank() * STAGGER_S
        last_pause_s = LEAD_S + (dist.get_world_size() - 1) * STAGGER_S
        for _ in range(WARM_UP + repetitions):
            if meet:
                dist.barrier()
            start = time.perf_counter()
            if meet:
                time.sleep(pause_s)
                start += last_pause_s
            if first is not None:
                first()
                start = time.perf_counter()
            action()
            samples.append(time.perf_counter() - start)
        return samples[WARM_UP:]

    return run


def _sleep_overshoot(repetitions: int) -> list[float]:
    """By how much a sleep, as it precedes each collective, is longer than asked for."""
    samples = []
    pause_s = LEAD_S + dist.get_rank() * STAGGER_S
    for _ in range(WARM_UP + repetitions):
        dist.barrier()
        start = time.perf_counter()
        time.sleep(pause_s)
        samples.append(max(0.0, time.perf_counter() - start - pause_s))
    return samples[WARM_UP:]


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
