"""The values of reductions are gloo's, bit for bit."""

from __future__ import annotations

import pytest
import torch
import torch.distributed as dist
from cases import slow_but
from gloo import run_gloo_ranks
from uniference.reductions import chunk_elements, reduce_into
from uniference.wire import Reduction

FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
INTEGERS = [torch.int8, torch.uint8, torch.int32, torch.int64, torch.bool]
SIZES = [1, 2, 3, 5, 7, 8, 9, 16, 31, 64, 100, 1000, 1023, 9999, 100_000]
OPERATORS = {
    Reduction.SUM: dist.ReduceOp.SUM,
    Reduction.PRODUCT: dist.ReduceOp.PRODUCT,
    Reduction.MINIMUM: dist.ReduceOp.MIN,
    Reduction.MAXIMUM: dist.ReduceOp.MAX,
    Reduction.AVERAGE: dist.ReduceOp.AVG,
    Reduction.BITWISE_AND: dist.ReduceOp.BAND,
    Reduction.BITWISE_OR: dist.ReduceOp.BOR,
    Reduction.BITWISE_XOR: dist.ReduceOp.BXOR,
}
BITWISE = [Reduction.BITWISE_AND, Reduction.BITWISE_OR, Reduction.BITWISE_XOR]
SEVERAL_SEGMENTS = 1_500_001
"""Elements of float32 that make more than two of gloo's segments for each of two or three members."""


def cases() -> list[tuple[Reduction, torch.dtype, int]]:
    pairs = [(reduction, dtype) for reduction in OPERATORS for dtype in FLOATS if reduction not in BITWISE]
    pairs += [(reduction, dtype) for reduction in OPERATORS for dtype in INTEGERS if reduction != Reduction.AVERAGE]
    every = [(reduction, dtype, size) for reduction, dtype in pairs for size in SIZES]
    return [*every, (Reduction.SUM, torch.float32, SEVERAL_SEGMENTS)]


def operand(dtype: torch.dtype, count: int, rank: int, special: bool = True) -> torch.Tensor:
    """Random values; among floats also infinities, zeros of both signs and values that are no numbers."""
    generator = torch.Generator().manual_seed(1000 * rank + count)
    if not dtype.is_floating_point:
        bits = torch.randint(0, 256, (count * dtype.itemsize,), dtype=torch.uint8, generator=generator)
        return (bits % 2).bool() if dtype is torch.bool else bits.view(dtype)
    values = torch.randn(count, generator=generator, dtype=torch.float64)
    if special and count > 4:
        places = torch.randperm(count, generator=generator)[: count // 4]
        choices = torch.tensor([0.0, -0.0, float("inf"), -float("inf"), float("nan")], dtype=torch.float64)
        values[places] = choices[torch.randint(0, 5, (count // 4,), generator=generator)]
    return values.to(dtype)


def gloo_all_reduces(rank: int, members: int) -> list[torch.Tensor]:
    results = []
    for reduction, dtype, size in cases():
        tensor = operand(dtype, size, rank)
        dist.all_reduce(tensor, OPERATORS[reduction])
        results.append(tensor)
    return results


def differing_elements(one: torch.Tensor, other: torch.Tensor) -> int:
    """In how many elements the bits differ, but for those of values that are no numbers in both."""
    size = one.element_size()
    differs = (one.view(torch.uint8).view(-1, size) != other.view(torch.uint8).view(-1, size)).any(dim=1)
    if one.dtype.is_floating_point:
        differs &= ~(one.isnan() & other.isnan())
    return int(differs.sum())


@pytest.mark.parametrize("members", slow_but(1, [3, 2, 4, 5]))
def test_all_reduces_have_the_bits_of_gloo(members, tmp_path):
    by_rank = run_gloo_ranks(members, tmp_path, gloo_all_reduces)
    wrong = []
    for index, (reduction, dtype, size) in enumerate(cases()):
        contributions = [operand(dtype, size, rank) for rank in range(members)]
        result = torch.empty(size, dtype=dtype)
        reduce_into(result, contributions, reduction, whole=size)
        for rank in range(members):
            if count := differing_elements(result, by_rank[rank][index]):
                wrong.append(f"{reduction.name} {dtype} {size}: {count} elements of rank {rank}")
    assert not wrong, "\n".join(wrong)


PARTS = [1, 3, 8, 33, 1000]
"""Elements that each member of a reduce-scatter ends with."""


def gloo_parts(rank: int, members: int) -> list[torch.Tensor]:
    """Reduces to the last rank, and the reduce-scatters' own parts: of a tensor, of a list, and coalesced."""
    results = []
    for dtype in (torch.float32, torch.bfloat16):
        for count in PARTS:
            tensor = operand(dtype, count, rank, special=False)
            dist.reduce(tensor, members - 1)
            results.append(tensor)
            whole = operand(dtype, count * members, rank, special=False)
            part = torch.empty(count, dtype=dtype)
            dist.reduce_scatter_single(part, whole)
            results.append(part.clone())
            dist.reduce_scatter(part, list(whole.chunk(members)))
            results.append(part.clone())
            with dist._coalescing_manager():
                dist.reduce_scatter_single(part, whole)
            results.append(part.clone())
    return results


@pytest.mark.parametrize("members", slow_but(1, [3, 5]))
def test_parts_of_reductions_have_the_bits_of_gloo(members, tmp_path):
    by_rank = [iter(results) for results in run_gloo_ranks(members, tmp_path, gloo_parts)]
    for dtype in (torch.float32, torch.bfloat16):
        for count in PARTS:
            contributions = [operand(dtype, count, rank, special=False) for rank in range(members)]
            reduced = torch.empty(count, dtype=dtype)
            reduce_into(reduced, contributions, Reduction.SUM, whole=count)
            wholes = [operand(dtype, count * members, rank, special=False) for rank in range(members)]
            for rank, results in enumerate(by_rank):
                reduce_result = next(results)
                assert rank != members - 1 or torch.equal(reduce_result, reduced), f"reduce of {count} {dtype}"
                part = torch.empty(count, dtype=dtype)
                slices = [whole[rank * count : (rank + 1) * count] for whole in wholes]
                reduce_into(part, slices, Reduction.SUM, whole=count * members, start=rank * count)
                alone = torch.empty(count, dtype=dtype)
                reduce_into(alone, slices, Reduction.SUM, whole=count)
                assert torch.equal(next(results), part), f"reduce_scatter of a tensor, {count} {dtype}"
                assert torch.equal(next(results), alone), f"reduce_scatter of a list, {count} {dtype}"
                assert torch.equal(next(results), part), f"reduce_scatter coalesced, {count} {dtype}"


def test_large_and_small_operands_are_combined_alike():
    generator = torch.Generator().manual_seed(7)
    whole = 50_000
    contributions = [torch.randn(whole, generator=generator) for _ in range(5)]
    by_chunks = torch.empty(whole)
    reduce_into(by_chunks, contributions, Reduction.SUM, whole=whole)

    gathered = torch.empty(whole)
    for start in range(0, whole, 1000):
        part = slice(start, start + 1000)
        reduce_into(gathered[part], [one[part] for one in contributions], Reduction.SUM, whole=whole, start=start)

    assert torch.equal(by_chunks, gathered)


def test_chunks_cover_the_buffer():
    for members in range(2, 17):
        for whole in (0, 1, 2, 15, 16, 17, 1000, 999_999, 5_000_000):
            assert chunk_elements(whole, 4, members) * members >= whole
