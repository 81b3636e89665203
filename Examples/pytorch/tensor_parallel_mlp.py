"""Tensor parallelism by PyTorch's own ``parallelize_module``: an MLP split over all ranks equals the whole one.

    torchrun --nproc-per-node 4 Examples/pytorch/tensor_parallel_mlp.py
    uniference run -n 4 --cluster Examples/four-jetsons.yaml Examples/pytorch/tensor_parallel_mlp.py
"""

from __future__ import annotations

import copy
import time

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module


def main() -> None:
    """Runs on every rank."""
    dist.init_process_group("gloo")
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    torch.manual_seed(0)
    whole = nn.Sequential(nn.Linear(256, 1536), nn.GELU(), nn.Linear(1536, 256))
    inputs = torch.randn(16, 256)
    parallel = parallelize_module(copy.deepcopy(whole), mesh, {"0": ColwiseParallel(), "2": RowwiseParallel()})

    start = time.perf_counter()
    outputs = parallel(inputs)
    outputs.square().mean().backward()
    seconds = time.perf_counter() - start

    expected = whole(inputs)
    expected.square().mean().backward()
    torch.testing.assert_close(outputs, expected)
    torch.testing.assert_close(parallel[0].weight.grad.full_tensor(), whole[0].weight.grad)
    torch.testing.assert_close(parallel[2].weight.grad.full_tensor(), whole[2].weight.grad)
    if dist.get_rank() == 0:
        print(f"output and gradients equal the whole model's; forward and backward took {seconds * 1e3:.3f} ms")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
