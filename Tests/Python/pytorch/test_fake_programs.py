"""Programs whose large tensors have no values: `uniference run --fake`."""

from __future__ import annotations

import textwrap

FAKE = ("--compute", "roofline", "--fake")

PROGRAMS = {
    # A loss in a log line.
    "item": ("""
        loss = torch.ones(4).sum()
        print(f"loss {loss.item():.4f}", f"{torch.ones(4).mean():.4f}")
        """, "loss 4.0000 1.0000"),
    # torch's own initialisation asks whether any number has to be drawn again.
    "trunc_normal": ("""
        torch.nn.init.trunc_normal_(torch.empty(8, 8), std=0.02)
        torch.nn.init.trunc_normal_(torch.empty(8192, 8192), std=0.02)
        print("passed")
        """, "passed"),
    "random_split": ("""
        print(len(torch.utils.data.random_split(range(10), [7, 3])[0]))
        """, "7"),
    "deepcopy": ("""
        import copy
        print(copy.deepcopy(torch.tensor(3.0)).item(), copy.deepcopy(torch.nn.Linear(4096, 4096)).weight.shape[0])
        """, "3.0 4096"),
    # Literals take part in collectives.
    "literals": ("""
        count, first = torch.tensor(1), torch.tensor(dist.get_rank())
        dist.all_reduce(count)
        dist.broadcast(first, 0)
        print(count.item(), first.item())
        """, "2 0"),
    "dtensor offsets": ("""
        from torch.distributed.tensor import Shard, init_device_mesh
        from torch.distributed.tensor._utils import compute_local_shape_and_global_offset
        shape, offset = compute_local_shape_and_global_offset((8, 8), init_device_mesh("cpu", (2,)), [Shard(0)])
        print(shape, offset[0] == 4 * dist.get_rank())
        """, "(4, 8) True"),
    "dtensor types": ("""
        from torch.distributed.tensor import Shard, distribute_tensor, init_device_mesh
        layer = torch.nn.Linear(512, 512, bias=False)
        mesh = init_device_mesh("cpu", (2,))
        layer.weight = torch.nn.Parameter(distribute_tensor(torch.ones(512, 512), mesh, [Shard(0)]))
        layer.to(torch.bfloat16)
        print(layer.weight.dtype, layer.weight.to_local().dtype)
        """, "torch.bfloat16 torch.bfloat16"),
    "fsdp from meta": ("""
        from torch.distributed.fsdp import fully_shard
        with torch.device("meta"):
            model = torch.nn.Sequential(torch.nn.Linear(1024, 1024), torch.nn.ReLU(), torch.nn.Linear(1024, 1024))
        for layer in model:
            fully_shard(layer)
        fully_shard(model)
        model.to_empty(device="cpu")
        for layer in model:
            if hasattr(layer, "reset_parameters"):
                layer.reset_parameters()
        model(torch.ones(2, 1024)).sum().backward()
        print(model[0].weight.grad.to_local().shape[0])
        """, "512"),
    "ddp": ("""
        model = torch.nn.parallel.DistributedDataParallel(torch.nn.Linear(1024, 1024))
        optimizer = torch.optim.AdamW(model.parameters())
        for step in range(3):
            model(torch.ones(2, 1024)).sum().backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
        print("three steps")
        """, "three steps"),
    "scaler": ("""
        layer = torch.nn.Linear(1024, 1024)
        optimizer, scaler = torch.optim.SGD(layer.parameters(), lr=0.1), torch.amp.GradScaler("cpu")
        scaler.scale(layer(torch.ones(2, 1024)).sum()).backward()
        scaler.step(optimizer)
        scaler.update()
        print(scaler.get_scale())
        """, "65536.0"),
    "masks": ("""
        values = torch.randn(1024, 1024)
        print(values[values > 0].shape[0] == values.numel(), values.nonzero().shape[1],
              torch.isnan(values).any().item())
        """, "True 2 False"),
    "loader": ("""
        from torch.utils.data import DataLoader, DistributedSampler, TensorDataset
        data = TensorDataset(torch.arange(8.0))
        loader = DataLoader(data, batch_size=2, sampler=DistributedSampler(data, shuffle=False), num_workers=1)
        print([batch.tolist() for (batch,) in loader][0][1] - 2 == dist.get_rank())
        """, "True"),
    "generation": ("""
        vocabulary = torch.nn.Linear(512, 50000)
        tokens = torch.tensor([[1, 2, 3]])
        for _ in range(3):
            hidden = torch.nn.functional.embedding(tokens, torch.randn(50000, 512))
            next_token = torch.argmax(vocabulary(hidden[:, -1]), dim=-1, keepdim=True)
            tokens = torch.cat([tokens, next_token], dim=1)
        print(tokens.tolist())
        """, "[[0, 0, 0, 0, 0, 0]]"),
}  # fmt: skip


def test_ordinary_programs_run(run):
    """One after another in one run, since most of a run's time is its start."""
    parts = ["import contextlib, io, traceback, torch, torch.distributed as dist", 'dist.init_process_group("gloo")']
    for name, (body, _) in PROGRAMS.items():
        indented = textwrap.indent(textwrap.dedent(body).strip(), "        ")
        parts += [
            f"try:\n    with contextlib.redirect_stdout(io.StringIO()) as output:\n{indented}",
            f"    print({name!r}, output.getvalue().strip(), sep=': ')",
            "except Exception:\n    traceback.print_exc()",
        ]
    done = run(2, "\n".join(parts), options=FAKE, timeout=300)
    assert done.code == 0, done.errors
    expected = {name: output for name, (_, output) in PROGRAMS.items()}
    for rank in range(2):
        assert dict(line.split(": ", 1) for line in done.lines(rank)) == expected, done.errors


def test_places_that_asked_are_named_once_at_the_end(run):
    done = run(2, """
        import torch, torch.distributed as dist
        dist.init_process_group("gloo")
        values = torch.randn(1024, 1024)
        for _ in range(3):
            print(values.sum().item())
        """, options=FAKE)
    assert done.code == 0, done.errors
    assert done.lines(0) == ["0.0"] * 3
    assert done.errors.count("these places got zero or False instead") == 1
    assert "  script.py:5: item(), 3 times" in done.errors


def test_asking_is_an_error_on_request(run):
    done = run(1, "import torch\ntorch.ones(3).sum().item()\ntorch.randn(1024, 1024).sum().item()",
               options=("--compute", "roofline", "--fake=strict"))
    assert done.code == 1
    assert "script.py\", line 3" in done.errors
    assert "needs a tensor's values, and with --fake=strict large tensors have none" in done.errors


def test_a_model_larger_than_memory_is_trained_on_gpus(run, tmp_path):
    cluster = tmp_path / "gpus.yaml"
    cluster.write_text("devices: [{model: h200-sxm, count: 2}]\nnetwork: {topology: nodes, devices_per_node: 2, "
                       "inside: {bandwidth: 450 GB/s, latency: 1 us}, link: {bandwidth: 1 Gbps, latency: 1 ms}, "
                       "transport: nccl}\n")
    script = """
        import sys, torch, torch.distributed as dist
        from torch.distributed.fsdp import fully_shard
        dist.init_process_group("nccl")
        torch.cuda.set_device(dist.get_rank())
        layers = int(sys.argv[1])
        with torch.device("meta"):
            model = torch.nn.Sequential(*(torch.nn.Linear(32768, 32768, bias=False) for _ in range(layers)))
        model.to(torch.bfloat16)
        for layer in model:
            fully_shard(layer)
        fully_shard(model)
        model.to_empty(device="cuda")
        optimizer = torch.optim.AdamW(model.parameters())
        for _ in range(2):
            model(torch.randn(64, 32768, device="cuda", dtype=torch.bfloat16)).sum().backward()
            optimizer.step()
            optimizer.zero_grad()
        print(torch.cuda.max_memory_allocated() / 2**30)
        """
    done = run(2, script, "16", options=("--gpu", "--fake"), cluster=cluster)
    assert done.code == 0, done.errors
    # 2^34 parameters of 2 bytes on two GPUs, and for each gradient, two moments; and some whole layers of 2 GiB.
    assert 64 < float(done.lines(0)[-1]) < 90
    done = run(2, script, "64", options=("--gpu", "--fake"), cluster=cluster)
    assert done.code == 1
    assert "CUDA out of memory" in done.errors
