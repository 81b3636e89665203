"""Data parallelism: DistributedDataParallel trains as one process with the whole batch would.

    torchrun --nproc-per-node 4 Examples/pytorch/ddp_training_step.py
    uniference run -n 4 --cluster Examples/four-jetsons.yaml Examples/pytorch/ddp_training_step.py
"""

from __future__ import annotations

import time

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

STEPS = 3
SAMPLES_PER_RANK = 8


def make_model() -> nn.Module:
    """The same on every rank."""
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(64, 128), nn.Tanh(), nn.Linear(128, 1))


def train(model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> list[float]:
    """A few steps of gradient descent; the losses."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def check_same_on_all_ranks(model: nn.Module) -> None:
    """Exits with a message unless every parameter has rank 0's bits."""
    for name, parameter in model.named_parameters():
        first = parameter.detach().clone()
        dist.broadcast(first, src=0)
        if not torch.equal(first, parameter):
            raise SystemExit(f"rank {dist.get_rank()}: {name} differs from rank 0's")


def main() -> None:
    """Runs on every rank."""
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(2)
    inputs, targets = torch.randn(size * SAMPLES_PER_RANK, 64), torch.randn(size * SAMPLES_PER_RANK, 1)
    mine = slice(rank * SAMPLES_PER_RANK, (rank + 1) * SAMPLES_PER_RANK)

    model = DistributedDataParallel(make_model())
    start = time.perf_counter()
    losses = train(model, inputs[mine], targets[mine])
    seconds = time.perf_counter() - start

    check_same_on_all_ranks(model)
    mean_losses = torch.tensor(losses)
    dist.all_reduce(mean_losses)
    mean_losses /= size

    reference = make_model()
    expected_losses = train(reference, inputs, targets)
    for trained, expected in zip(model.parameters(), reference.parameters()):
        torch.testing.assert_close(trained, expected)
    torch.testing.assert_close(mean_losses, torch.tensor(expected_losses))
    if rank == 0:
        print(f"losses {[round(loss, 4) for loss in mean_losses.tolist()]}; {STEPS} steps took {seconds * 1e3:.3f} ms")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
