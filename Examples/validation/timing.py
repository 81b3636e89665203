"""How validation scripts time what they do, for real and in simulation alike."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import torch
import torch.distributed as dist

LEAD_S = 2e-3


def report(point: str, action: Callable[[], object], repetitions: int = 7, size_bytes: int | None = None,
           stagger_s: float = 0.0, warm_up: int = 2, meets: bool = False, by_last: bool = False) -> None:
    """Prints on rank 0 how long each repetition took, from when the last rank began to when the last one was ready.

    After a barrier, rank r begins r * ``stagger_s`` later than rank 0. Where that is zero all begin at once, as far as
    a barrier lets them. Otherwise who comes first is known, as it mostly is in programs: without that, whether the two
    directions of an exchange share the wire or follow each other is decided by microseconds. Each rank reads its own
    clock; clocks of two hosts are never compared.

    With ``by_last``, only what the last rank to begin has seen counts. Ranks leave the barrier one after another, by a
    time that is of the order of a small message's, and that would be a part of what the others see.

    With ``meets``, the time ends with a barrier, so that computing after the last message is seen in replays, too,
    whose clock moves on at messages.
    """
    rank, last_rank = dist.get_rank(), dist.get_world_size() - 1
    pause_s, last_pause_s = (LEAD_S + position * stagger_s for position in (rank, last_rank))
    samples = []
    for repetition in range(warm_up + repetitions):
        dist.barrier()
        start = time.perf_counter()
        if stagger_s > 0:
            time.sleep(pause_s)
            start += last_pause_s
        action()
        if meets:
            dist.barrier()
        taken_s = time.perf_counter() - start
        longest = torch.tensor([0.0 if by_last and rank != last_rank else taken_s], dtype=torch.float64)
        dist.all_reduce(longest, dist.ReduceOp.MAX)
        if repetition >= warm_up:
            samples.append(longest.item())
    if rank == 0:
        print(json.dumps({"point": point, "bytes": size_bytes, "samples_s": samples}), flush=True)
