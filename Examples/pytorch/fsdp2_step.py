"""Fully sharded data parallelism (FSDP2): parameters are gathered when they are needed and their gradients scattered.

    torchrun --nproc-per-node 4 Examples/pytorch/fsdp2_step.py
    uniference run -n 4 --cluster Examples/four-jetsons.yaml Examples/pytorch/fsdp2_step.py
"""

from __future__ import annotations

import time

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

ROWS_PER_RANK, HIDDEN, LEARNING_RATE = 4, 96, 0.5


def make_model() -> nn.Sequential:
    """The same on every rank."""
    torch.manual_seed(3)
    return nn.Sequential(*[nn.Sequential(nn.Linear(HIDDEN, HIDDEN), nn.ReLU()) for _ in range(3)])


def main() -> None:
    """Runs on every rank."""
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    mesh = init_device_mesh("cpu", (size,))
    torch.manual_seed(4)
    inputs = torch.randn(size * ROWS_PER_RANK, HIDDEN)

    model = make_model()
    for block in model:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    start = time.perf_counter()
    loss = model(inputs[rank * ROWS_PER_RANK : (rank + 1) * ROWS_PER_RANK]).square().mean()
    loss.backward()
    optimizer.step()
    seconds = time.perf_counter() - start

    reference = make_model()
    reference(inputs).square().mean().backward()
    # Shards are compared where they lie. Gathering them by full_tensor() just before the end leaves work for gloo's
    # threads to free, which aborts the process when Python shuts down first (seen with torch 2.13).
    for sharded, whole in zip(model.parameters(), reference.parameters()):
        expected = whole - LEARNING_RATE * whole.grad
        torch.testing.assert_close(sharded.to_local(), expected.chunk(size)[rank])
    print(f"rank {rank} holds {sum(p.to_local().numel() for p in model.parameters())} parameters; "
          f"loss {loss.item():.6f}; the step took {seconds * 1e3:.3f} ms")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
