"""Real gloo ranks on this machine, to compare with."""

from __future__ import annotations

import os
import pathlib
import traceback
from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing


def run_gloo_ranks(members: int, folder: pathlib.Path, body: Callable[[int, int], Any]) -> list[Any]:
    """What ``body(rank, members)`` returns on each of ``members`` processes that gloo connects."""
    context = torch.multiprocessing.get_context("fork")
    ranks = [context.Process(target=run_rank, args=(rank, members, folder, body)) for rank in range(members)]
    for process in ranks:
        process.start()
    for process in ranks:
        process.join(120)
        if process.exitcode != 0:
            for other in ranks:
                other.kill()
            raise AssertionError(f"a gloo rank ended with {process.exitcode}")
    return [torch.load(folder / f"gloo-{members}-{rank}.pt") for rank in range(members)]


def run_rank(rank: int, members: int, folder: pathlib.Path, body: Callable[[int, int], Any]) -> None:
    try:
        torch.set_num_threads(1)
        dist.init_process_group(
            "gloo", init_method=f"file://{folder}/rendezvous-{members}", rank=rank, world_size=members
        )
        torch.save(body(rank, members), folder / f"gloo-{members}-{rank}.pt")
        dist.barrier()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
