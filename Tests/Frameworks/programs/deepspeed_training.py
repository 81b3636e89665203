"""What DeepSpeed trains."""

import os

import deepspeed
import torch
import torch.distributed as dist
from common import STEPS, dataset, device, model, result


def train(stage: int) -> None:
    if torch.cuda.is_available():
        torch.cuda.set_device(device())
    deepspeed.init_distributed("nccl" if torch.cuda.is_available() else "gloo")
    network = model()
    configuration = {
        "train_micro_batch_size_per_gpu": 4,
        "zero_optimization": {"stage": stage},
        "zero_allow_untested_optimizer": True,
    }
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
    engine, *_ = deepspeed.initialize(model=network, optimizer=optimizer, config=configuration)
    inputs, targets = dataset().tensors
    rank, count = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    for step in range(STEPS):
        places = slice((step * count + rank) * 4, (step * count + rank + 1) * 4)
        loss = torch.nn.functional.mse_loss(engine(inputs[places].to(device())), targets[places].to(device()))
        engine.backward(loss)
        engine.step()
        mean = loss.detach().clone()
        dist.all_reduce(mean)
        result(f"loss{step}", mean.item() / count)
    dist.destroy_process_group()
