"""Which kernels a compiled region is, and that they compute the same in an order that is possible."""

from __future__ import annotations

import random

import pytest
import torch
from uniference.fusion import ELEMENT_WISE_KIND, LIBRARY, Fusion, Step
from uniference.operations import Operation, OperationRecorder
from uniference.regions import KERNEL_THOUSANDTHS, Regions
from uniference.stream_notes import StreamNote
from uniference.wire import StreamCommand


def recorded(function, is_graph: bool = False) -> tuple[list[Operation], list[StreamNote]]:
    """What a region is charged as: kernels, and what the host does."""
    recorder = OperationRecorder()
    recorder.regions = Regions(recorder.emit, recorder.report_at_times)
    with recorder:
        with recorder.regions.call(is_graph) as finish:
            result = function()
            finish(result)
        work = recorder.take()
    kernels = [each for each in work if isinstance(each, Operation)]
    return kernels, [each for each in work if isinstance(each, StreamNote)]


def traffic(operation: Operation) -> tuple[str, float, float]:
    return operation.name, operation.bytes_read, operation.bytes_written


def test_a_chain_reads_its_inputs_and_writes_its_result():
    left, right = torch.ones(100), torch.ones(100)
    kernels, notes = recorded(lambda: torch.nn.functional.silu(left) * right + 1)
    assert [traffic(kernel) for kernel in kernels] == [("fused_silu_mul_add", 800, 400)]
    assert kernels[0].flops == 300
    assert notes == [
        StreamNote(StreamCommand.LAUNCH_GRAPH, 0),
        StreamNote(StreamCommand.DISPATCH, KERNEL_THOUSANDTHS),
        StreamNote(StreamCommand.DISPATCH, 1000),
    ]


def test_a_graph_takes_the_host_nothing_for_each_kernel():
    _, notes = recorded(lambda: torch.ones(3) + 1, is_graph=True)
    assert [note.subject for note in notes if note.command == StreamCommand.DISPATCH] == [0, 1000]


def test_a_product_of_matrices_stands_between():
    left, right = torch.ones(10, 10), torch.ones(10, 10)
    kernels, _ = recorded(lambda: ((left + 1).relu() @ right).exp().neg())
    assert [traffic(kernel) for kernel in kernels] == [
        ("fused_add_relu", 400, 400), ("mm", 800, 400), ("fused_exp_neg", 400, 400),
    ]  # fmt: skip


def test_what_does_not_need_the_product_goes_with_what_it_shares_memory_with():
    left, right = torch.ones(10, 10), torch.ones(10, 10)

    def function():
        shifted = left + 1
        product = shifted @ right
        return product, shifted * 2

    kernels, _ = recorded(function)
    assert [traffic(kernel) for kernel in kernels] == [("fused_add_mul", 400, 800), ("mm", 800, 400)]


def test_a_norm_is_one_kernel():
    rows, weight = torch.ones(8, 64), torch.ones(64)
    kernels, _ = recorded(lambda: rows * torch.rsqrt((rows * rows).mean(-1, keepdim=True) + 1e-5) * weight)
    assert [(kernel.bytes_read, kernel.bytes_written) for kernel in kernels] == [(8 * 64 * 4 + 64 * 4, 8 * 64 * 4)]


def test_the_sum_of_many_is_known_when_its_kernel_has_ended():
    values = torch.ones(100_000)
    kernels, _ = recorded(lambda: values.abs() / values.abs().sum())
    assert len(kernels) == 2
    small = torch.ones(1000)
    assert len(recorded(lambda: small / small.sum())[0]) == 1


def test_results_that_are_returned_or_were_there_before_are_written():
    values, kept = torch.ones(100), torch.zeros(100)

    def function():
        first = values + 1
        kept.copy_(first * 2)
        return first

    kernels, _ = recorded(function)
    assert [traffic(kernel) for kernel in kernels] == [("fused_add_mul_copy_", 400, 800)]


def test_what_is_kept_for_the_backward_pass_alone_is_computed_again():
    values, other = torch.ones(100, requires_grad=True), torch.ones(100, requires_grad=True)
    kernels, _ = recorded(lambda: values.sin() * other.cos())
    assert sum(kernel.bytes_written for kernel in kernels) == 400


def test_a_backward_pass_is_fused_as_its_forward_pass():
    recorder = OperationRecorder()
    recorder.regions = Regions(recorder.emit, recorder.report_at_times)
    matrix, bias = torch.randn(8, 8, requires_grad=True), torch.randn(8, requires_grad=True)
    inputs = torch.randn(4, 8)

    def function():
        return torch.nn.functional.silu(inputs @ matrix + bias) * 2

    with recorder:
        with recorder.regions.call(False) as finish:
            result = function()
            finish(result)
        recorder.take()
        result.sum().backward()
        backward = recorder.take()
    names = [each.name for each in backward if isinstance(each, Operation)]
    assert any(name.startswith("fused_mul_silu_backward") for name in names), names
    gradients = matrix.grad.clone(), bias.grad.clone()
    matrix.grad = bias.grad = None
    function().sum().backward()
    assert torch.equal(gradients[0], matrix.grad) and torch.equal(gradients[1], bias.grad)


@pytest.mark.parametrize("seed", range(60))
def test_kernels_of_random_programs_are_whole_and_in_order(seed):
    """Each step is given a bit as its FLOPs, so that a kernel's FLOPs tell its steps."""
    numbers = random.Random(seed)
    fusion, steps = Fusion(), []
    count = numbers.randrange(2, 40)
    for place in range(count):
        memory = range(12)
        reads = numbers.sample(memory, numbers.randrange(0, 3))
        writes = numbers.sample(memory, 1)
        kind = LIBRARY if numbers.random() < 0.3 else ELEMENT_WISE_KIND
        is_barrier = kind is ELEMENT_WISE_KIND and numbers.random() < 0.2
        operation = Operation(f"step{place}", 0, float(2**place), 0, 0)
        step = Step(operation, kind, dict.fromkeys(reads, 4.0), dict.fromkeys(writes, 4.0), numbers.choice((1, 9)),
                    is_barrier)  # fmt: skip
        steps.append(step)
        fusion.add(step)
    kernels = list(fusion.kernels(lambda key, is_element_wise: True))
    kernel_of: dict[int, int] = {}
    for number, kernel in enumerate(kernels):
        for place in range(count):
            if int(kernel.flops) >> place & 1:
                assert place not in kernel_of, f"seed {seed}: step {place} is in two kernels"
                kernel_of[place] = number
    assert len(kernel_of) == count, f"seed {seed}"
    for later in range(count):
        for earlier in range(later):
            first, second = steps[earlier], steps[later]
            depends = first.writes.keys() & (second.reads.keys() | second.writes.keys())
            overwrites = first.reads.keys() & second.writes.keys()
            if depends or overwrites:
                assert kernel_of[earlier] <= kernel_of[later], f"seed {seed}: step {later} runs before step {earlier}"
            if depends and (first.is_barrier or first.kind is LIBRARY):
                assert kernel_of[earlier] < kernel_of[later], f"seed {seed}: step {later} does not wait for {earlier}"
