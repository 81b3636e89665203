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
    # Each rank has rows of the first weight and columns of the second one.
    rank, size = dist.get_rank(), dist.get_world_size()
    for index, dimension in ((0, 0), (2, 1)):
        expected_part = whole[index].weight.grad.chunk(size, dim=dimension)[rank]
        torch.testing.assert_close(parallel[index].weight.grad.to_local(), expected_part)
    if rank == 0:
        print(f"output and gradients equal the whole model's; forward and backward took {seconds * 1e3:.3f} ms")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
