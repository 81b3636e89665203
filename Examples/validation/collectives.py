"""Collectives of many sizes, timed.

    torchrun --nproc-per-node 2 Examples/validation/collectives.py --sizes 1024 1048576
    uniference run -n 2 --cluster Examples/four-jetsons.yaml Examples/validation/collectives.py --sizes 1024 1048576
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
import torch.distributed as dist
from timing import report

SLOWEST_COPY = 2e9
"""Bytes per second."""


def actions(size_bytes: int, ranks: int) -> dict[str, Callable[[], object]]:
    """Each collective on tensors of which one rank contributes ``size_bytes``."""
    elements = size_bytes // 4
    values = torch.ones(elements)
    block = torch.ones(max(1, elements // ranks))
    gathered = torch.empty(elements * ranks)
    scattered = torch.ones(block.numel() * ranks)
    exchanged = torch.empty_like(scattered)
    return {
        "all_reduce": lambda: dist.all_reduce(values),
        "all_gather": lambda: dist.all_gather_into_tensor(gathered, values),
        "broadcast": lambda: dist.broadcast(values, src=0),
        "all_to_all": lambda: dist.all_to_all_single(exchanged, scattered),
        "reduce_scatter": lambda: dist.reduce_scatter_tensor(block, scattered),
    }


def main() -> None:
    """Times each operation at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1 << 10, 1 << 20], help="bytes of one contribution")
    parser.add_argument("--operations", nargs="+", help="all unless given")
    parser.add_argument("--repetitions", type=int, default=7)
    parser.add_argument("--stagger-ms", type=float, default=1.0,
                        help="how much later each rank begins than the one before, at least")
    options = parser.parse_args()
    dist.init_process_group("gloo")
    stagger_s = options.stagger_ms * 1e-3
    if not options.operations or "barrier" in options.operations:
        report("barrier", dist.barrier, options.repetitions, stagger_s=stagger_s, by_last=True)
    for size_bytes in options.sizes:
        for name, action in actions(size_bytes, dist.get_world_size()).items():
            if options.operations is None or name in options.operations:
                # Ranks that first copy what they contribute are to come in this order, too.
                report(name, action, options.repetitions, size_bytes, max(stagger_s, size_bytes / SLOWEST_COPY),
                       by_last=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
