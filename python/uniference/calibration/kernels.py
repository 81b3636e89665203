"""How fast a rank's device computes, and moves bytes within its memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
import torch.distributed as dist
from torch.nn import functional

from uniference.calibration.bench import Bench, Pattern

WARM_UP = 2
MEMORY_SIZES = (4_000_000, 16_000_000, 48_000_000)
MATMULS = ((64, 64, 64), (256, 256, 256), (512, 512, 512), (1024, 1024, 1024), (1, 2048, 2048), (128, 576, 1536))
ATTENTIONS = ((8, 128, 64), (8, 512, 64))
ELEMENTS = (1, 10_000, 1_000_000, 8_000_000)
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True)
class Kernel:
    """One operation on tensors of given shapes."""

    operation: str
    shape: tuple[int, ...]
    dtype: str
    flops: float
    moved_bytes: float
    """Bytes that it has to read and write."""
    action: Callable[[], object]


def kernels(device: torch.device) -> Iterator[Kernel]:
    """What is measured: matmul, attention and elementwise, over shapes and element types."""
    for dtype, type_ in DTYPES.items():
        width = type_.itemsize
        for m, k, n in MATMULS:
            a, b = torch.ones(m, k, dtype=type_, device=device), torch.ones(k, n, dtype=type_, device=device)
            yield Kernel("matmul", (m, k, n), dtype, 2.0 * m * k * n, width * (m * k + k * n + m * n),
                         partial(torch.mm, a, b))
        for heads, positions, size in ATTENTIONS:
            q = torch.ones(1, heads, positions, size, dtype=type_, device=device)
            yield Kernel("attention", (heads, positions, size), dtype, 4.0 * heads * positions * positions * size,
                         width * 4.0 * heads * positions * size,
                         partial(functional.scaled_dot_product_attention, q, q, q))
        for count in ELEMENTS:
            x = torch.ones(count, dtype=type_, device=device)
            y = torch.empty_like(x)
            yield Kernel("add", (count,), dtype, float(count), 3.0 * width * count,
                         partial(torch.add, x, x, out=y))


def measure_kernels(bench: Bench, device: torch.device) -> None:
    """Each rank's device alone, one rank after another, then some of it on all ranks at once."""
    for rank in range(bench.size):
        for kernel in kernels(device):
            bench.progress.step(f"{kernel.operation} on rank {rank}")
            _measure(bench, "kernel", kernel, device, [rank])
        for size in MEMORY_SIZES:
            _measure_memory(bench, size, rank)
    everybody = list(range(bench.size))
    for kernel in kernels(device):
        if kernel.dtype == "float32" and kernel.shape in ((512, 512, 512), (8_000_000,)):
            _measure(bench, "kernel_at_once", kernel, device, everybody)


def steps(ranks: int) -> int:
    """How many measurements `measure_kernels` makes."""
    return ranks * len(DTYPES) * (len(MATMULS) + len(ATTENTIONS) + len(ELEMENTS))


def _measure(bench: Bench, kind: str, kernel: Kernel, device: torch.device, ranks: list[int]) -> None:
    bench.measure(kind, _timed(kernel.action, device, meet=ranks if len(ranks) > 1 else []), ranks=ranks,
                  operation=kernel.operation, shape=list(kernel.shape), dtype=kernel.dtype, flops=kernel.flops,
                  moved_bytes=kernel.moved_bytes)


def _measure_memory(bench: Bench, size: int, rank: int) -> None:
    """Copies as torch flattens, and sums as gloo reduces: in the host's memory, whatever the device is."""
    source, target = torch.ones(size // 4), torch.zeros(size // 4)
    cpu = torch.device("cpu")
    bench.measure("copy", _timed(source.clone, cpu, meet=[]), ranks=[rank], bytes=size)
    bench.measure("reduce", _timed(lambda: target.add_(source), cpu, meet=[]), ranks=[rank], bytes=size)


def _timed(action: Callable[[], object], device: torch.device, meet: list[int]) -> Pattern:
    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            if meet:
                dist.barrier()
            start = time.perf_counter()
            action()
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            samples.append(time.perf_counter() - start)
        return samples[WARM_UP:]

    return run
