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
HIDDEN, ROWS_PER_MICRO_BATCH = 64, 2


def make_model(stages: int) -> nn.Sequential:
    """One block for each stage, the same on every rank."""
    torch.manual_seed(5)
    return nn.Sequential(*[nn.Sequential(nn.Linear(HIDDEN, HIDDEN), nn.Tanh()) for _ in range(stages)])


def main() -> None:
    """Runs on every rank."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--schedule", choices=SCHEDULES, default="GPipe")
    options = parser.parse_args()
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    if size < 2:
        raise SystemExit("1 rank makes no pipeline: start at least 2")
    whole = make_model(size)
    torch.manual_seed(6)
    # 1F1B demands at least as many micro-batches as stages; twice as many leave fewer bubbles.
    micro_batches = 2 * size
    inputs, targets = torch.randn(2, micro_batches * ROWS_PER_MICRO_BATCH, HIDDEN)

    block = make_model(size)[rank]
    stage = PipelineStage(block, rank, size, torch.device("cpu"))
    schedule = SCHEDULES[options.schedule](stage, micro_batches, loss_fn=nn.functional.mse_loss)
    start = time.perf_counter()
    losses: list[torch.Tensor] = []
    if rank == 0:
        schedule.step(inputs)
    elif rank == size - 1:
        outputs = schedule.step(target=targets, losses=losses)
    else:
        schedule.step()
    seconds = time.perf_counter() - start

    expected_outputs = whole(inputs)
    expected_loss = nn.functional.mse_loss(expected_outputs, targets)
    expected_loss.backward()
    if rank == size - 1:
        torch.testing.assert_close(outputs, expected_outputs)
        torch.testing.assert_close(torch.stack(losses).mean(), expected_loss)
    for ours, expected in zip(block.parameters(), whole[rank].parameters()):
        torch.testing.assert_close(ours.grad, expected.grad)
    print(f"stage {rank}: {options.schedule} of {micro_batches} micro-batches took {seconds * 1e3:.3f} ms")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
