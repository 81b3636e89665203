"""Scripts whose large tensors have no values."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.distributed as dist
from torch import nn
from uniference import fake
from uniference.tensors import is_fake


@pytest.fixture(autouse=True)
def valueless():
    fake.begin()
    yield
    fake.end()


def test_large_tensors_are_fake_between_begin_and_end():
    assert is_fake(torch.ones(2**16 + 1))
    assert not is_fake(torch.ones(2**16))
    assert not is_fake(torch.arange(2**20))
    assert is_fake(torch.arange(2**20 + 1))
    fake.begin()
    fake.end()
    assert not is_fake(torch.ones(2**16 + 1))
    assert is_fake(torch.ones(3, device="meta"))
    assert not is_fake(3)


def test_what_is_computed_from_fake_tensors_is_fake_until_it_is_overwritten():
    large = torch.ones(512, 512)
    total = large.sum()
    assert is_fake(total)
    assert is_fake(total + 1)
    assert is_fake(large[0, :3])
    values = torch.ones(3)
    values += large[0, :3]
    assert is_fake(values)
    values.copy_(torch.tensor([1.0, 2.0, 3.0]))
    assert values.tolist() == [1, 2, 3]
    assert is_fake(torch.ones(300, 1) + torch.ones(1, 300))


def test_a_model_larger_than_memory_is_built_and_trained():
    # 2 layers of 2^20 x 2^20 parameters: 8 TiB.
    layers = nn.Sequential(nn.Linear(2**20, 2**20), nn.ReLU(), nn.Linear(2**20, 2**20))
    optimizer = torch.optim.AdamW(layers.parameters())
    layers(torch.ones(4, 2**20)).sum().backward()
    optimizer.step()
    assert layers[0].weight.grad.shape == (2**20, 2**20)


def test_modules_are_copied_loaded_converted_and_made_from_meta():
    layer = nn.Linear(4, 8)
    twin = copy.deepcopy(layer)
    twin.load_state_dict(layer.state_dict())
    weight = layer.weight
    assert layer.half().weight is weight
    assert weight.dtype == torch.half
    made = nn.Linear(4, 8, device="meta").to_empty(device="cpu")
    assert made.weight.device.type == "cpu"
    made(torch.ones(2, 4)).sum().backward()
    assert made.weight.grad.shape == made.weight.shape


def test_shared_parameters_stay_shared_when_their_type_changes():
    first, second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
    second.weight = first.weight
    model = nn.Sequential(first, second)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model.bfloat16()
    assert first.weight is second.weight
    model(torch.ones(2, 4, dtype=torch.bfloat16)).sum().backward()
    optimizer.step()
    assert len(list(model.parameters())) == 1


@pytest.mark.parametrize(
    ("ask", "stand_in"),
    [
        (lambda: torch.ones(512, 512).sum().item(), 0.0),
        (lambda: torch.ones(512, 512)[0, :2].tolist(), [0.0, 0.0]),
        (lambda: bool((torch.ones(512, 512) > 0).all()), False),
        (lambda: torch.equal(torch.ones(512, 512), torch.ones(512, 512)), True),
        (lambda: len(torch.ones(512, 512).nonzero()), 512 * 512),
        (lambda: len(torch.ones(512, 512)[torch.ones(512, 512) > 0]), 512 * 512),
    ],
    ids=["item", "tolist", "condition", "equal", "nonzero", "mask"],
)
def test_who_asks_for_values_gets_a_stand_in_and_is_named(ask, stand_in):
    assert ask() == stand_in
    assert "test_fake.py:" in fake.report()


def test_asking_is_an_error_where_it_shall_be():
    fake.begin(is_strict=True)
    assert torch.ones(3).sum().item() == 3
    with pytest.raises(RuntimeError, match="needs a tensor's values, and with --fake=strict large tensors have none"):
        torch.ones(512, 512).sum().item()
    assert fake.report() is None


def test_meshes_objects_and_shards():
    from torch.distributed.tensor import Shard, distribute_tensor, init_device_mesh
    from torch.testing._internal.distributed.fake_pg import FakeStore

    dist.init_process_group("fake", rank=5, world_size=8, store=FakeStore())
    try:
        mesh = init_device_mesh("cpu", (2, 4), mesh_dim_names=("data", "tensor"))
        assert list(mesh.get_coordinate()) == [1, 1]
        assert mesh["data", "tensor"]._flatten().size() == 8
        sharded = distribute_tensor(torch.ones(1024, 1024), mesh["tensor"], [Shard(0)])
        assert is_fake(sharded)
        assert sharded.to_local().shape == (256, 1024)
        objects = [{"seed": 7}]
        dist.broadcast_object_list(objects, src=5)
        assert objects == [{"seed": 7}]
    finally:
        dist.destroy_process_group()


def test_shapes_are_those_of_true_tensors():
    shapes = torch.randn(300, 300), torch.randn(300, 300, 3), torch.randint(7, (1000, 2000))
    for _ in range(2):
        # The second time they are remembered.
        assert (shapes[0] @ shapes[0].t()).stride() == (300, 1)
        assert torch.cat([shapes[0], shapes[0]], 1).shape == (300, 600)
        assert [part.shape[0] for part in shapes[1].split([100, 200])] == [100, 200]
        assert torch.topk(shapes[0], 5).indices.dtype == torch.int64
        assert shapes[1].abs().amax(dim=(0, 1)).shape == (3,)
        assert nn.functional.layer_norm(shapes[0], (300,)).shape == (300, 300)
        result = torch.empty(0)
        torch.add(shapes[0], 1, out=result)
        assert result.shape == (300, 300)
