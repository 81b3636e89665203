"""Two groups of ranks at once, whose messages meet on a link between two switches, timed.

    torchrun --nproc-per-node 4 Examples/validation/groups.py --sizes 1048576
    uniference run -n 4 --cluster Examples/four-jetsons.yaml Examples/validation/groups.py
"""

from __future__ import annotations

import argparse
from functools import partial

import torch
import torch.distributed as dist
from timing import report


def main() -> None:
    """Times an all-reduce of each half of the ranks, those of even and those of odd numbers, at the same time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1 << 20], help="bytes of each tensor")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--stagger-ms", type=float, default=1.0,
                        help="how much later each rank begins than the one before")
    options = parser.parse_args()
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    groups = [dist.new_group(list(range(parity, size, 2))) for parity in (0, 1)]
    for size_bytes in options.sizes:
        values = torch.ones(size_bytes // 4)
        report("all_reduce of two groups at once", partial(dist.all_reduce, values, group=groups[rank % 2]),
               options.repetitions, size_bytes, options.stagger_ms * 1e-3)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
