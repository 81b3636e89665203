"""How much memory each rank has for itself, once all have met."""

import json

import torch
import torch.distributed as dist

dist.init_process_group("gloo")
values = torch.ones(16)
dist.all_reduce(values)
assert values[0] == dist.get_world_size()
fields = {}
with open("/proc/self/smaps_rollup") as file:
    for line in file:
        parts = line.split()
        if parts[-1] == "kB":
            fields[parts[0].rstrip(":")] = int(parts[1]) * 1024
print(json.dumps({"unshared_bytes": fields["Private_Clean"] + fields["Private_Dirty"]}))
dist.barrier()
dist.destroy_process_group()
