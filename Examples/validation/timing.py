"""How validation scripts time what they do, for real and in simulation alike."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import torch
import torch.distributed as dist


def report(point: str, action: Callable[[], object], repetitions: int, size_bytes: int | None = None,
           warm_up: int = 2) -> None:
    """Prints on rank 0 how long each repetition took on the rank where it took longest.

    All ranks begin together, after a barrier, and by their own clocks; clocks of two hosts are never compared.
    """
    samples = []
    for repetition in range(warm_up + repetitions):
        dist.barrier()
        start = time.perf_counter()
        action()
        longest = torch.tensor([time.perf_counter() - start], dtype=torch.float64)
        dist.all_reduce(longest, dist.ReduceOp.MAX)
        if repetition >= warm_up:
            samples.append(longest.item())
    if dist.get_rank() == 0:
        print(json.dumps({"point": point, "bytes": size_bytes, "samples_s": samples}), flush=True)
