"""Swift ranks and a PyTorch rank in one process group: the last rank is this file, the others a Swift program.

torchrun --nproc-per-node 3 Examples/MixedRanks/mixed_ranks.py .build/release/libMixedRanks.so
"""

import sys

import torch
import torch.distributed as dist
from uniference.host import leave, run_program


def check(workers: int) -> None:
    """Hands out input and weights, and compares what the Swift ranks make of them with what torch does."""
    torch.manual_seed(1)
    inputs, up, down = torch.randn(5, 16), torch.randn(24, 16), torch.randn(16, 24)
    dist.broadcast(inputs, src=workers)
    for worker in range(workers):
        dist.send(up, dst=worker)
        dist.send(down, dst=worker)
    result = torch.empty(5, 16)
    dist.recv(result, src=0, tag=7)
    expected = torch.nn.functional.silu(inputs @ up.T) @ down.T
    error = (result - expected).abs().max().item()
    if error > 1e-4:
        sys.exit(f"the Swift ranks' result is off by {error}")
    print(f"{workers} Swift ranks agree with PyTorch")


def main() -> None:
    dist.init_process_group("gloo")
    workers = dist.get_world_size() - 1
    if dist.get_rank() == workers:
        check(workers)
        dist.destroy_process_group()
    else:
        leave(run_program(sys.argv[1], ranks=range(workers)))


if __name__ == "__main__":
    main()
