"""What one small all-reduce costs the engine for each rank: processor time of its process over a loop of them.

    uniference run -n N --cluster C Benchmarks/PyTorch/engine_share.py OPERATIONS     (Linux, since it reads /proc)
"""

import json
import os
import pathlib
import sys

import torch
import torch.distributed as dist


def parent(process: int) -> int:
    """The process that started this one."""
    return int(pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def processor_time_ns(process: int) -> int:
    """What all threads of a process have computed; threads that end meanwhile would be missed, the engine's stay."""
    return sum(int(path.read_text().split()[0]) for path in pathlib.Path(f"/proc/{process}/task").glob("*/schedstat"))


def main() -> None:
    operations = int(sys.argv[1])
    dist.init_process_group("gloo")
    tensor = torch.ones(4)
    engine = parent(os.getppid())
    for _ in range(50):
        dist.all_reduce(tensor)
    before = processor_time_ns(engine)
    for _ in range(operations):
        dist.all_reduce(tensor)
    spent_ns = processor_time_ns(engine) - before
    if dist.get_rank() == 0:
        print(json.dumps({"engine_us_per_rank": spent_ns / operations / dist.get_world_size() / 1000,
                          "engine": pathlib.Path(f"/proc/{engine}/comm").read_text().strip()}))
    dist.destroy_process_group()


main()
