"""Pipeline parallelism by ``torch.distributed.pipelining``: GPipe and 1F1B give the unsplit model's gradients.

    torchrun --nproc-per-node 4 Examples/pytorch/pipeline_schedules.py --schedule 1F1B
    uniference run -n 4 --cluster Examples/four-jetsons.yaml Examples/pytorch/pipeline_schedules.py --schedule 1F1B
"""

from __future__ import annotations

import argparse
import time

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.pipelining import PipelineStage, Schedule1F1B, ScheduleGPipe

SCHEDULES = {"GPipe": ScheduleGPipe, "1F1B": Schedule1F1B}
MICRO_BATCHES = 4


def make_model(stages: int) -> nn.Sequential:
    """One block for each stage, the same on every rank."""
    torch.manual_seed(5)
    return nn.Sequential(*[nn.Sequential(nn.Linear(64, 64), nn.Tanh()) for _ in range(stages)])


def main() -> None:
    """Runs on every rank."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedule", choices=SCHEDULES, default="GPipe")
    options = parser.parse_args()
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    whole = make_model(size)
    torch.manual_seed(6)
    inputs, targets = torch.randn(8, 64), torch.randn(8, 64)

    block = make_model(size)[rank]
    stage = PipelineStage(block, rank, size, torch.device("cpu"))
    schedule = SCHEDULES[options.schedule](stage, MICRO_BATCHES, loss_fn=nn.functional.mse_loss)
    start = time.perf_counter()
    losses: list[torch.Tensor] = []
    if rank == 0:
        schedule.step(inputs)
    elif rank == size - 1:
        schedule.step(target=targets, losses=losses)
    else:
        schedule.step()
    seconds = time.perf_counter() - start

    nn.functional.mse_loss(whole(inputs), targets).backward()
    for ours, expected in zip(block.parameters(), whole[rank].parameters()):
        torch.testing.assert_close(ours.grad, expected.grad)
    print(f"stage {rank}: {options.schedule} of {MICRO_BATCHES} micro-batches took {seconds * 1e3:.3f} ms")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
