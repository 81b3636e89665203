"""Scripts whose tensors have no values."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset
from uniference import fake
from uniference.tensors import is_fake


@pytest.fixture(autouse=True)
def valueless():
    fake.begin()
    yield
    fake.end()


def test_tensors_are_fake_between_begin_and_end():
    assert is_fake(torch.ones(3))
    assert fake.mode() is not None
    fake.begin()
    fake.end()
    assert fake.mode() is None
    assert not is_fake(torch.ones(3))
    assert is_fake(torch.ones(3, device="meta"))
    assert not is_fake(3)


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
    "ask",
    [
        lambda: torch.ones(1).item(),
        lambda: torch.ones(3).tolist(),
        lambda: 1 if torch.ones(1) > 0 else 0,
        lambda: float(torch.ones(3).mean()),
        lambda: torch.equal(torch.ones(3), torch.ones(3)),
        lambda: torch.ones(3).nonzero(),
        lambda: torch.ones(3)[torch.ones(3) > 0],
    ],
    ids=["item", "tolist", "condition", "float", "equal", "nonzero", "mask"],
)
def test_who_asks_for_values_is_told_that_there_are_none(ask):
    with pytest.raises(fake.MissingValues, match="needs a tensor's values, and with --fake tensors have none"):
        ask()


@pytest.mark.skipif(torch.cuda._is_compiled(), reason="torch has been built with CUDA")
def test_a_device_that_torch_has_no_code_for_is_refused():
    with pytest.raises(RuntimeError, match=r"built without CUDA here.*use the device cpu"):
        torch.ones(3, device="cuda:0")


def test_data_are_drawn_in_true_order():
    data = TensorDataset(torch.ones(8, 3))
    batches = list(DataLoader(data, batch_size=2, shuffle=True))
    assert [batch[0].shape for batch in batches] == [(2, 3)] * 4
    shares = [list(DistributedSampler(data, num_replicas=2, rank=rank, seed=7)) for rank in range(2)]
    assert sorted(shares[0] + shares[1]) == list(range(8))


def test_meshes_and_objects_are_true():
    from torch.distributed.tensor import Shard, distribute_tensor, init_device_mesh
    from torch.testing._internal.distributed.fake_pg import FakeStore

    dist.init_process_group("fake", rank=5, world_size=8, store=FakeStore())
    try:
        mesh = init_device_mesh("cpu", (2, 4), mesh_dim_names=("data", "tensor"))
        assert list(mesh.get_coordinate()) == [1, 1]
        assert mesh["tensor"].get_local_rank() == 1
        assert mesh["data", "tensor"]._flatten().size() == 8
        sharded = distribute_tensor(torch.ones(8, 8), mesh["tensor"], [Shard(0)])
        assert is_fake(sharded)
        assert sharded.to_local().shape == (2, 8)
        objects = [{"seed": 7}]
        dist.broadcast_object_list(objects, src=5)
        assert objects == [{"seed": 7}]
    finally:
        dist.destroy_process_group()


def test_everything_is_as_before_at_the_end():
    from torch.utils.data import RandomSampler

    during = dist.all_gather_object, dist.init_device_mesh, torch.utils.swap_tensors, RandomSampler.__iter__
    fake.end()
    after = dist.all_gather_object, dist.init_device_mesh, torch.utils.swap_tensors, RandomSampler.__iter__
    assert all(former is not latter for former, latter in zip(during, after))
    assert torch.ones(1).item() == 1
