"""What a training script does: data by DistributedSampler and worker processes, DDP with accumulated gradients,
gathered objects, and a distributed checkpoint."""

from __future__ import annotations

import pathlib
import shutil
import sys
import tempfile
from typing import Any

import torch
import torch.distributed as dist
import torch.distributed.checkpoint as checkpoint
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset

ACCUMULATED = 2


def tell(*what: Any) -> None:
    """One line at once, since torchrun's ranks print into each other's lines."""
    sys.stdout.write(" ".join(map(str, (dist.get_rank(), *what))) + "\n")


def make_model() -> nn.Module:
    return nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.BatchNorm1d(32), nn.Linear(32, 1))


def train(model: nn.Module, loader: DataLoader, sampler: DistributedSampler, epochs: int) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    loss_of = nn.BCEWithLogitsLoss()
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        total = torch.zeros(2)
        for index, (data, labels) in enumerate(loader):
            if (index + 1) % ACCUMULATED:
                with model.no_sync():
                    loss = loss_of(model(data), labels) / ACCUMULATED
                    loss.backward()
            else:
                loss = loss_of(model(data), labels) / ACCUMULATED
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()
            total += torch.tensor([loss.item(), 1.0])
        dist.all_reduce(total)
        tell("epoch", epoch, total.tolist())


def save_and_load(model: nn.Module) -> None:
    """Writes by all ranks into one folder, and reads it into another model."""
    place = [tempfile.mkdtemp() if dist.get_rank() == 0 else None]
    dist.broadcast_object_list(place)
    folder = pathlib.Path(str(place[0]))
    checkpoint.save({"model": model.state_dict(), "step": 5}, checkpoint_id=folder / "first")
    other = make_model()
    loaded = {"model": other.state_dict(), "step": 0}
    checkpoint.load(loaded, checkpoint_id=folder / "first")
    expected = torch.cat([value.flatten() for value in model.state_dict().values()])
    dist.broadcast(expected, 0)
    found = torch.cat([value.flatten() for value in other.state_dict().values()])
    # Batch statistics are each rank's own, and the checkpoint's those of the rank that wrote them.
    parameters = sum(value.numel() for value in list(model.parameters())[:2])
    tell("loaded", loaded["step"], torch.equal(found[:parameters], expected[:parameters]))
    checkpoint.async_save({"model": model.state_dict()}, checkpoint_id=folder / "second").result()
    dist.barrier()
    tell(sorted(path.name for path in folder.glob("*/*")))
    dist.barrier()
    if dist.get_rank() == 0:
        shutil.rmtree(folder)


def main() -> None:
    dist.init_process_group()
    torch.manual_seed(0)
    inputs = torch.randn(128, 16)
    data = TensorDataset(inputs, (inputs.sum(1, keepdim=True) > 0).float())
    sampler = DistributedSampler(data, shuffle=True, seed=3)
    model = DistributedDataParallel(make_model())
    train(model, DataLoader(data, batch_size=16, sampler=sampler, num_workers=1), sampler, epochs=2)
    norms: list[object] = [None] * dist.get_world_size()
    norm = sum(parameter.double().norm().item() for parameter in model.parameters())
    dist.all_gather_object(norms, {"rank": dist.get_rank(), "norm": norm})
    tell(norms)
    save_and_load(model.module)
    dist.destroy_process_group()


main()
