"""A loop of small all-reduces, timed by the real clock on rank 0."""

import json
import sys
import time

import torch
import torch.distributed as dist

dist.init_process_group("gloo")
count = int(sys.argv[1])
values = torch.ones(256)
for _ in range(20):
    dist.all_reduce(values)
    values.fill_(1)
start = time.perf_counter()
for _ in range(count):
    dist.all_reduce(values)
    values.fill_(1)
seconds = time.perf_counter() - start
if dist.get_rank() == 0:
    print(json.dumps({"per_operation_us": seconds / count * 1e6}))
dist.destroy_process_group()
