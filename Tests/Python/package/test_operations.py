"""What operations cost, against counts by hand."""

from __future__ import annotations

import contextlib
import os

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.nn import functional
from uniference import operations
from uniference.kernel_costs import Cost
from uniference.operations import Operation, OperationRecorder
from uniference.tensors import DATA_TYPE_CODES

FLOAT32, HALF, INT64 = (DATA_TYPE_CODES[kind] for kind in (torch.float32, torch.float16, torch.int64))


def recorded(compute) -> list[Operation]:
    """The operations of a call."""
    recorder = OperationRecorder()
    with recorder:
        compute()
    return recorder.take()


def only(compute) -> Operation:
    (operation,) = recorded(compute)
    return operation


def test_matrix_products():
    # (6 x 8) (8 x 10): 2 m n k = 960 operations; 48 + 80 elements read, 60 written, of 4 bytes each.
    left, right = torch.ones(6, 8), torch.ones(8, 10)
    assert only(lambda: left @ right) == Operation("mm", FLOAT32, 960, 512, 240)
    bias = torch.ones(10)
    assert only(lambda: torch.addmm(bias, left, right)) == Operation("addmm", FLOAT32, 960, 552, 240)
    batches = torch.ones(3, 6, 8, dtype=torch.half), torch.ones(3, 8, 10, dtype=torch.half)
    assert only(lambda: torch.bmm(*batches)) == Operation("bmm", HALF, 3 * 960, 3 * 256, 3 * 120)


def test_products_that_torchs_registry_does_not_have():
    matrix, vector = torch.ones(6, 8), torch.ones(8)
    assert only(lambda: torch.mv(matrix, vector)).flops == 96
    assert only(lambda: torch.dot(vector, vector)) == Operation("dot", FLOAT32, 16, 32, 4)
    target = torch.zeros(6, 10)
    right = torch.ones(8, 10)
    assert only(lambda: target.addmm_(matrix, right)) == Operation("addmm_", FLOAT32, 960, 4 * (60 + 48 + 80), 240)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_a_linear_layer_costs_the_same_in_every_mode_of_autograd(context):
    layer, batch = nn.Linear(8, 10), torch.ones(2, 3, 8)
    with context():
        operation = only(lambda: layer(batch))
    assert operation == Operation("addmm", FLOAT32, 960, 4 * (48 + 80 + 10), 240)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
def test_attention(context):
    # 2 batches, 3 heads, 5 queries on 7 keys of 4: scores and their product with the values, 2 (2 3 5 7 4) each.
    query, key = torch.ones(2, 3, 5, 4), torch.ones(2, 3, 7, 4)
    with context():
        operations = recorded(lambda: functional.scaled_dot_product_attention(query, key, key))
    assert sum(operation.flops for operation in operations) == 2 * 2 * (2 * 3 * 5 * 7 * 4)
    (attention,) = operations
    assert attention.bytes_read == 4 * (120 + 168)
    assert attention.bytes_written == 4 * (120 + 2 * 3 * 5)


def test_an_embedding_reads_the_rows_that_it_picks():
    table, indices = torch.ones(1000, 16), torch.tensor([[1, 2], [3, 999]])
    assert only(lambda: functional.embedding(indices, table)) == Operation(
        "embedding", FLOAT32, 0, 4 * 8 + 4 * 16 * 4, 4 * 16 * 4)  # fmt: skip


def test_layer_norm():
    rows, weight, bias = torch.ones(6, 8), torch.ones(8), torch.ones(8)
    operation = only(lambda: functional.layer_norm(rows, (8,), weight, bias))
    # It writes the rows, and for the backward each row's mean and reciprocal deviation.
    assert operation == Operation("native_layer_norm", FLOAT32, 48 + 12, 4 * (48 + 16), 4 * (48 + 12))


def test_pointwise_operations_and_reductions():
    left, right = torch.ones(6, 8), torch.ones(8)
    assert only(lambda: left + right) == Operation("add", FLOAT32, 48, 4 * 56, 192)
    assert only(lambda: left + left) == Operation("add", FLOAT32, 48, 192, 192)
    assert only(lambda: left.sum()) == Operation("sum", FLOAT32, 48, 192, 4)
    assert only(lambda: left > 1) == Operation("gt", FLOAT32, 48, 192, 48)
    assert only(lambda: left.half()) == Operation("_to_copy", FLOAT32, 0, 192, 96)


def test_views_and_metadata_are_free():
    tensor = torch.ones(4, 6)
    views = recorded(lambda: (
        tensor.view(24), tensor.reshape(2, 12), tensor.t(), tensor[1:], tensor.unsqueeze(0).expand(5, 4, 6),
        tensor.detach(), tensor.chunk(2), tensor.unbind(), torch.empty(9), torch.empty_like(tensor), tensor.shape,
    ))  # fmt: skip
    assert views == []
    with torch.inference_mode():
        assert recorded(lambda: (tensor.reshape(2, 12), tensor.contiguous(), tensor.flatten())) == []


def test_a_view_counts_as_what_it_shows_and_an_expanded_dimension_once():
    tensor, row = torch.ones(4, 6), torch.ones(6)
    assert only(lambda: tensor[1:3].mul(2)).bytes_read == 4 * 12
    assert only(lambda: row.expand(4, 6).mul(2)) == Operation("mul", FLOAT32, 24, 4 * 6, 4 * 24)
    # Two views of one memory are that memory once; the same view twice is that view.
    assert only(lambda: torch.add(tensor[:3], tensor[1:])).bytes_read == 4 * 24
    assert only(lambda: torch.add(tensor[:2], tensor[:2])).bytes_read == 4 * 12


def test_operations_in_place_and_into_given_memory():
    target, source = torch.ones(4, 6), torch.ones(4, 6)
    assert only(lambda: target.add_(source)) == Operation("add_", FLOAT32, 24, 192, 96)
    assert only(lambda: target.copy_(source)) == Operation("copy_", FLOAT32, 0, 96, 96)
    assert only(lambda: target.zero_()) == Operation("zero_", FLOAT32, 0, 0, 96)
    assert only(lambda: torch.add(source, 1, out=target)) == Operation("add", FLOAT32, 24, 96, 96)
    assert only(lambda: torch.zeros_like(source)) == Operation("zeros_like", FLOAT32, 0, 0, 96)


def test_writing_a_row_of_a_cache_costs_a_row():
    cache, row, index = torch.zeros(2, 1000, 8), torch.ones(2, 1, 8), torch.tensor([5])
    assert only(lambda: cache.index_copy_(1, index, row)) == Operation("index_copy_", FLOAT32, 0, 8 + 64, 64)
    assert only(lambda: cache.index_add_(1, index, row)) == Operation("index_add_", FLOAT32, 16, 8 + 64 + 64, 64)
    first, line = torch.tensor([1]), torch.ones(8)
    put = only(lambda: cache.index_put_((first, index), line))
    assert (put.bytes_read, put.bytes_written) == (8 + 8 + 32, 32)


def test_forward_and_backward_of_a_perceptron():
    rows, inner, outer = 5, 8, 16
    network = nn.Sequential(nn.Linear(inner, outer), nn.ReLU(), nn.Linear(outer, inner))
    batch = torch.ones(rows, inner)
    operations = recorded(lambda: network(batch).sum().backward())
    products = sum(operation.flops for operation in operations if operation.name in ("mm", "addmm"))
    # Forward: two products. Backward: both weights' gradients, and the data's through the second layer alone.
    one = 2 * rows * inner * outer
    assert products == 2 * one + 2 * one + one


@pytest.mark.parametrize("kind", [{"foreach": True}, {"fused": True}, {"foreach": False}])
def test_an_optimizer_reads_and_writes_every_parameter_and_moment(kind):
    parameter = nn.Parameter(torch.ones(1000))
    parameter.grad = torch.ones(1000)
    optimizer = torch.optim.AdamW([parameter], **kind)
    optimizer.step()
    operations = recorded(optimizer.step)
    # At least parameter, gradient and two moments are read, and all but the gradient written.
    assert sum(operation.bytes_read for operation in operations) >= 4 * 4000
    assert sum(operation.bytes_written for operation in operations) >= 4 * 3000


def test_sparse_gradients_cost_what_they_hold():
    table = nn.Embedding(1000, 4, sparse=True)
    loss = table(torch.tensor([3, 5])).sum()
    written = sum(operation.bytes_written for operation in recorded(loss.backward))
    assert written < 1000 * 4 * 4


def test_nothing_is_taken_down_while_paused():
    recorder = OperationRecorder()
    with recorder:
        with recorder.paused():
            torch.ones(3).add(1)
        torch.ones(3)
    assert [operation.name for operation in recorder.take()] == ["ones"]
    assert recorder.take() == []


def test_what_a_forked_process_computes_is_not_taken_down(monkeypatch):
    monkeypatch.setattr(operations, "REPORTING_PERIOD_NS", 0)
    reading, writing = os.pipe()
    recorder = OperationRecorder(report=lambda: os.write(writing, b"reported "))
    with recorder:
        torch.ones(3)
        if os.fork() == 0:
            try:
                torch.ones(3).add(1)
                recorder.charge("kernel", Cost(flops=1))
                os.write(writing, f"{len(recorder.take())} taken down".encode())
            finally:
                os._exit(0)
        os.wait()
    assert os.read(reading, 100) == b"reported 1 taken down"


def test_fake_tensors_cost_what_true_ones_do():
    def step() -> None:
        network = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        network(torch.ones(5, 8)).sum().backward()
        optimizer.step()

    true = recorded(step)
    with FakeTensorMode():
        fake = recorded(step)
    assert fake == true


@pytest.mark.parametrize("surroundings", [contextlib.nullcontext, FakeTensorMode])
def test_sharded_tensors_cost_the_ranks_shard(surroundings):
    import torch.distributed as dist
    from torch.distributed.tensor import DTensor, Shard, init_device_mesh
    from torch.testing._internal.distributed.fake_pg import FakeStore

    dist.init_process_group("fake", rank=0, world_size=4, store=FakeStore())
    try:
        mesh = init_device_mesh("cpu", (4,))
        with surroundings():
            weight = DTensor.from_local(torch.ones(8, 10), mesh, [Shard(1)])
            batch = DTensor.from_local(torch.ones(6, 8), mesh)
            operations = recorded(lambda: batch @ weight)
    finally:
        dist.destroy_process_group()
    assert operations == [Operation("mm", FLOAT32, 960, 512, 240)]


def test_compiled_functions_cost_what_they_are_made_of():
    doubled = torch.compile(lambda matrix: (matrix @ matrix).mul(2), backend="eager")
    matrix = torch.ones(4, 4)
    assert [operation.name for operation in recorded(lambda: doubled(matrix))] == ["mm", "mul"]


def test_operators_on_functions_cost_what_is_inside():
    from torch._higher_order_ops.cond import cond_op

    tensor, choice = torch.ones(3), torch.tensor(True)
    operations = recorded(lambda: cond_op(choice, lambda x: x + 1, lambda x: x.exp(), (tensor,)))
    assert [operation.name for operation in operations] == ["add"]


def test_flexible_attention_is_one_kernel():
    from torch.nn.attention.flex_attention import flex_attention
    from uniference import uncompiled

    uncompiled.install()
    query = torch.randn(1, 2, 128, 16)
    (operation,) = [each for each in recorded(lambda: flex_attention(query, query, query)) if each.flops > 1e6]
    assert operation.name == "flex_attention"
    assert operation.flops == 2 * 2 * 2 * 128 * 128 * 16


def test_an_operation_that_is_composed_for_derivatives_alone_is_one_kernel():
    values = torch.randn(100, requires_grad=True)
    names = [each.name for each in recorded(lambda: torch.nn.functional.silu(values).sum().backward())]
    assert names.count("silu_backward") == 1
    assert "sigmoid" not in names


def test_a_small_llama_costs_two_operations_for_each_parameter_and_token_plus_attention():
    transformers = pytest.importorskip("transformers")
    tokens, layers, hidden, heads = 64, 4, 256, 8
    configuration = transformers.LlamaConfig(
        vocab_size=512, hidden_size=hidden, intermediate_size=688, num_hidden_layers=layers, num_attention_heads=heads,
        num_key_value_heads=4)  # fmt: skip
    model = transformers.LlamaForCausalLM(configuration).eval()
    with torch.inference_mode():
        operations = recorded(lambda: model(torch.zeros(1, tokens, dtype=torch.int64), use_cache=False))
    looked_up = model.model.embed_tokens.weight.numel()
    parameters = sum(parameter.numel() for parameter in model.parameters()) - looked_up
    # Scores and their product with the values, of each position with those up to it: 4 hidden for a pair and layer.
    attention = layers * 4 * (tokens * (tokens + 1) // 2) * hidden
    expected = 2 * parameters * tokens + attention
    assert sum(operation.flops for operation in operations) == pytest.approx(expected, rel=0.01)
