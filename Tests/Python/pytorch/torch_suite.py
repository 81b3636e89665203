"""PyTorch's own distributed tests, named by the arguments, on the ranks that this script is started on.

Torch starts three processes for each test, which takes ten times as long as the tests. Here each rank runs all of them,
one after another, each in a default group of its own; the barriers by files around them become barriers by the store.
Prints ``NAME ok``, or why not.
"""

from __future__ import annotations

import os
import sys
import traceback
import unittest
from datetime import timedelta

os.environ.update(BACKEND="gloo", TEMP_DIR=os.path.dirname(os.path.abspath(__file__)))

import torch
import torch.distributed as dist
from torch.testing._internal import common_utils
from torch.testing._internal.distributed.distributed_test import CUSTOM_PG_TIMEOUT, DistributedTest, TestDistBackend

FOLDER = os.environ["TEMP_DIR"]
"""Where the tests leave files for each other."""
RANK, SIZE = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])


class OnTheseRanks(TestDistBackend, DistributedTest._DistTestBase):
    """The tests for a rank that is running already."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(name)
        self.rank = RANK
        self.file_name = f"{FOLDER}/group-{number}"
        self.barriers = 0

    def _barrier(self, *arguments, wait_for: int | None = None, **options) -> None:
        self.barriers += 1
        store = dist.distributed_c10d._get_default_store()
        if store.add(f"barrier/{self.barriers}", 1) == (wait_for or SIZE):
            store.set(f"barrier/{self.barriers}/passed", "1")
        store.wait([f"barrier/{self.barriers}/passed"])


def outcome(case: OnTheseRanks, name: str) -> str:
    common_utils.set_rng_seed()
    try:
        case._barrier()
        getattr(case, name)()
        case._barrier()
    except unittest.SkipTest as skip:
        return f"skipped: {skip}"
    except BaseException as error:
        traceback.print_exc()
        return f"{type(error).__name__}: {error}"
    return "ok"


def main() -> None:
    os.makedirs(os.path.join(FOLDER, "test_dir"), exist_ok=True)
    for number, name in enumerate(sys.argv[1:]):
        case = OnTheseRanks(name, number)
        timeout = timedelta(seconds=CUSTOM_PG_TIMEOUT.get(name, 300))
        dist.init_process_group(
            "gloo", init_method=f"file://{case.file_name}", rank=RANK, world_size=SIZE, timeout=timeout)
        print(name, outcome(case, name), flush=True)
        dist.destroy_process_group()


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
