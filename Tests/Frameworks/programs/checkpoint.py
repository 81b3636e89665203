"""torch.distributed.checkpoint: a sharded model is saved, and loaded into another one."""

import tempfile

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from common import device, model, result
from torch.distributed.fsdp import fully_shard

if torch.cuda.is_available():
    torch.cuda.set_device(device())
dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
folder = [tempfile.mkdtemp()]
dist.broadcast_object_list(folder)
network, other = model().to(device()), model().to(device())
with torch.no_grad():
    for parameter in other.parameters():
        parameter.zero_()
for each in (network, other):
    fully_shard(each)
dcp.save({"model": network.state_dict()}, checkpoint_id=folder[0])
state = {"model": other.state_dict()}
dcp.load(state, checkpoint_id=folder[0])
other.load_state_dict(state["model"])
inputs = torch.ones(2, 16, device=device())
result("loaded", other(inputs).square().mean().item())
result("saved", network(inputs).square().mean().item())
dist.destroy_process_group()
