"""Which kernels torch operations are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional
from uniference.kernel_shapes import ATTENTION, LARGEST_SIZE, MATRIX_MULTIPLICATION, NORMALIZATION, KernelShape
from uniference.kernel_shapes import kernel_shape as shape_of
from uniference.operations import OperationRecorder

LEFT, RIGHT, BIAS = torch.ones(6, 8), torch.ones(8, 10), torch.ones(10)
BATCHES = torch.ones(3, 6, 8), torch.ones(3, 8, 10)
QUERY, KEY = torch.ones(2, 4, 6, 16), torch.ones(2, 4, 9, 16)


def product(batch: int, rows: int, inner: int, columns: int) -> KernelShape:
    return KernelShape(MATRIX_MULTIPLICATION, batch, 0, 0, rows, inner, columns)


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda: LEFT @ RIGHT, [product(1, 6, 8, 10)]),
        (lambda: torch.addmm(BIAS, LEFT, RIGHT), [product(1, 6, 8, 10)]),
        (lambda: functional.linear(LEFT, torch.ones(10, 8), BIAS), [product(1, 6, 8, 10)]),
        (lambda: torch.bmm(*BATCHES), [product(3, 6, 8, 10)]),
        (lambda: torch.baddbmm(torch.ones(3, 6, 10), *BATCHES), [product(3, 6, 8, 10)]),
        (lambda: torch.mv(LEFT, torch.ones(8)), [product(1, 1, 8, 6)]),
        (
            lambda: functional.scaled_dot_product_attention(QUERY, KEY, KEY),
            [KernelShape(ATTENTION, 2, 4, 4, 6, 16, 9)],
        ),
        (
            lambda: functional.layer_norm(LEFT, [8]),
            [KernelShape(NORMALIZATION, rows=6, columns=8)],
        ),
        (lambda: torch.softmax(torch.ones(2, 3, 5), dim=-1), [KernelShape(NORMALIZATION, rows=6, columns=5)]),
        (lambda: LEFT + 1, [KernelShape()]),
    ],
)  # fmt: skip
def test_operations_say_which_kernel_they_are(compute: Callable[[], Any], expected: list[KernelShape]) -> None:
    recorder = OperationRecorder()
    with torch.no_grad(), recorder:
        compute()
    shapes = [operation.shape for operation in recorder.take() if operation.name not in ("ones", "fill_")]
    assert [shape for shape in shapes if shape.kind or not expected[0].kind] == expected


def test_in_place_and_nothing_to_normalize() -> None:
    assert shape_of("addmm_", (torch.ones(6, 10), LEFT, RIGHT)) == product(1, 6, 8, 10)
    assert shape_of("_softmax", (torch.ones(3, 0), 1)) == KernelShape(NORMALIZATION)


def test_sizes_that_the_protocol_cannot_hold_are_of_no_kernel() -> None:
    wide = torch.empty(1, device="meta").expand(2, LARGEST_SIZE + 1)
    assert shape_of("mm", (torch.empty(6, 2, device="meta"), wide)) == KernelShape()
