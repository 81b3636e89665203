"""Scripts for CUDA and NCCL on a torch for the CPU: `uniference run --gpu`."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import textwrap

import pytest

TWO_MACHINES = """
devices:
  - {model: h100-sxm, count: 8}
network:
  topology: nodes
  devices_per_node: 4
  inside: {bandwidth: 450 GB/s, latency: 1 us}
  link: {bandwidth: 400 Gbps, latency: 2 us}
  transport: nccl
"""

GPU = ("--gpu",)


@pytest.fixture
def gpus(tmp_path) -> pathlib.Path:
    """A cluster of two machines with four H100 each."""
    path = tmp_path / "gpus.yaml"
    path.write_text(TWO_MACHINES)
    return path


def figures(done) -> dict:
    return json.loads(done.errors[done.errors.index("{") :])


def test_a_process_sees_the_gpus_of_its_machine(run, gpus):
    done = run(8, """
        import os, torch, torch.distributed as dist
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl")
        properties = torch.cuda.get_device_properties(0)
        print(os.environ["LOCAL_RANK"], os.environ["LOCAL_WORLD_SIZE"], os.environ["GROUP_RANK"],
              torch.cuda.device_count(), torch.cuda.current_device())
        if dist.get_rank() == 0:
            print(torch.cuda.is_available(), torch.cuda.get_device_name(), torch.cuda.get_device_capability(),
                  properties.total_memory >> 30, torch.cuda.is_bf16_supported(), dist.is_nccl_available(),
                  torch.accelerator.current_accelerator(), torch.version.cuda is not None)
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert [done.lines(rank)[0] for rank in (0, 3, 5)] == ["0 4 0 4 0", "3 4 0 4 3", "1 4 1 4 1"]
    assert done.lines(0)[1] == "True NVIDIA H100 SXM 80 GB (9, 0) 80 True True cuda True"


TRAINING = """
    import sys, torch, torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel as DDP
    device, backend = sys.argv[1:]
    dist.init_process_group(backend)
    if device == "cuda":
        torch.cuda.set_device(dist.get_rank())
    torch.manual_seed(0)
    layers = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.SiLU(),
                                 torch.nn.Flatten(), torch.nn.Linear(288, 10))
    model = DDP(layers.to(device))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    torch.manual_seed(1 + dist.get_rank())
    for step in range(3):
        images, labels = torch.randn(4, 3, 8, 8).to(device), torch.randint(10, (4,)).to(device)
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        print(repr(loss.item()))
"""


def test_training_gives_the_values_of_the_cpu(run, gpus):
    on_gpus = run(2, TRAINING, "cuda", "nccl", options=GPU, cluster=gpus)
    on_cpus = run(2, TRAINING, "cpu", "gloo")
    assert on_gpus.code == on_cpus.code == 0, on_gpus.errors + on_cpus.errors
    for rank in range(2):
        # The optimizers for GPUs take all tensors at once, in another order of operations.
        assert list(map(float, on_gpus.lines(rank))) == pytest.approx(list(map(float, on_cpus.lines(rank))), rel=1e-5)


def test_sharded_training_and_tensor_parallelism(run, gpus):
    done = run(4, """
        import os, torch, torch.distributed as dist
        from torch.distributed.fsdp import fully_shard
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        mesh = init_device_mesh("cuda", (2, 2), mesh_dim_names=("data", "tensor"))
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.ReLU(), torch.nn.Linear(32, 16)).cuda()
        whole = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.ReLU(), torch.nn.Linear(32, 16)).cuda()
        whole.load_state_dict(model.state_dict())
        parallelize_module(model, mesh["tensor"], {"0": ColwiseParallel(), "2": RowwiseParallel()})
        fully_shard(model, mesh=mesh["data"])
        inputs = torch.randn(8, 16, generator=torch.Generator("cuda").manual_seed(3), device="cuda")
        model(inputs).square().mean().backward()
        whole(inputs).square().mean().backward()
        gradient = model[0].weight.grad.full_tensor()
        print(torch.allclose(gradient, whole[0].weight.grad, atol=1e-6), model[0].weight.device, gradient.device)
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert [done.lines(rank)[0].split()[0] for rank in range(4)] == ["True"] * 4
    assert done.lines(3)[0] == "True cuda:3 cuda:3"


def test_attention_autocast_checkpoints_and_copies(run, gpus):
    done = run(1, """
        import copy, io, torch
        from torch.nn.functional import scaled_dot_product_attention as attention
        shape = (2, 4, 16, 8)
        options = {"device": "cuda", "dtype": torch.bfloat16, "requires_grad": True}
        query = torch.randn(shape, **options)
        key, value = (torch.randn(2, 2, 16, 8, **options) for _ in "kv")
        attention(query, key, value, is_causal=True, enable_gqa=True).float().sum().backward()
        repeated = attention(query.detach().cpu(), *(each.detach().cpu().repeat_interleave(2, 1)
                                                     for each in (key, value)), is_causal=True)
        own = attention(query, key, value, is_causal=True, enable_gqa=True)
        print(torch.allclose(own.cpu(), repeated, atol=2e-2), key.grad.shape == key.shape)
        mask = torch.ones(16, 16, dtype=torch.bool, device="cuda").tril()
        print(torch.allclose(attention(query.float(), query.float(), query.float(), attn_mask=mask),
                             attention(query.float(), query.float(), query.float(), is_causal=True), atol=1e-5))
        layer = torch.nn.Linear(8, 8).cuda()
        with torch.autocast("cuda", dtype=torch.bfloat16):
            print(layer(torch.ones(2, 8, device="cuda")).dtype)
        values = torch.ones(3, 8, device="cuda", requires_grad=True)
        torch.utils.checkpoint.checkpoint(lambda x: layer(x).relu(), values, use_reentrant=False).sum().backward()
        twin = copy.deepcopy(layer)
        file = io.BytesIO()
        torch.save(twin.state_dict(), file)
        file.seek(0)
        on_host = torch.load(io.BytesIO(file.getvalue()), map_location="cpu")
        print(torch.load(file)["weight"].device, on_host["weight"].device)
        host = torch.arange(6.0).pin_memory()
        print(host.is_pinned(), host.to("cuda", non_blocking=True).cpu().tolist(),
              twin.weight.detach().cpu().numpy().shape)
        with torch.inference_mode():
            print(torch.equal(layer(values), twin(values)), torch.tensor([3, 1, 2], device="cuda").sort()[0].tolist())
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert done.lines(0) == [
        "True True", "True", "torch.bfloat16", "cuda:0 cpu", "True [0.0, 1.0, 2.0, 3.0, 4.0, 5.0] (8, 8)",
        "True [1, 2, 3]",
    ]  # fmt: skip


def test_random_numbers_follow_the_seed_and_the_state(run, gpus):
    script = """
        import torch
        torch.manual_seed(7)
        first = torch.rand(3, device="cuda")
        state = torch.cuda.get_rng_state()
        second = torch.rand(3, device="cuda")
        torch.cuda.set_rng_state(state)
        again = torch.rand(3, device="cuda")
        torch.cuda.manual_seed_all(7)
        print(torch.equal(first, torch.rand(3, device="cuda")), torch.equal(second, again),
              torch.equal(first, second), first.tolist())
        """
    runs = [run(1, script, options=GPU, cluster=gpus) for _ in range(2)]
    assert runs[0].code == 0, runs[0].errors
    assert runs[0].lines(0)[0].startswith("True True False")
    assert runs[0].lines(0) == runs[1].lines(0)


MISTAKES = {
    "torch.ones(2, 2, device='cuda') + torch.ones(2, 2)":
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and cpu!",
    "torch.ones(2, device='cuda:1') + torch.ones(2, device='cuda:0')": "found at least two devices, cuda:1 and cuda:0!",
    "torch.cuda.set_device(9)": "the described machine has 4 GPUs, and the script asks for cuda:9",
    "torch.ones(1, device='cuda:9')": "the described machine has 4 GPUs, and the script asks for cuda:9",
    "torch.empty(90 << 30, dtype=torch.uint8, device='cuda')":
        "CUDA out of memory. Tried to allocate 90.00 GiB. GPU 0 has a total capacity of 80.00 GiB",
    "torch.cuda.Event(interprocess=True)": "events that other processes see (interprocess=True) are not simulated",
    "torch.cuda.CUDAGraph().capture_begin()": "CUDA graphs must be captured on a non-default stream.",
    "torch.cuda.CUDAGraph().replay()": "Called CUDAGraph::replay without a preceding successful capture.",
    "with torch.cuda.graph(torch.cuda.CUDAGraph()): torch.ones(2, device='cuda').sum().item()":
        "CUDA error: operation not permitted when stream is capturing",
    "with torch.cuda.graph(torch.cuda.CUDAGraph()): torch.cuda.synchronize()":
        "CUDA error: operation not permitted when stream is capturing",
    "dist.ProcessGroupNCCL(None, 0, 1)": "ProcessGroupNCCL is not made directly in simulation",
}  # fmt: skip


def test_mistakes_are_errors_as_on_a_gpu(run, gpus):
    done = run(4, f"""
        import os, torch, torch.distributed as dist
        for statement in {list(MISTAKES)!r} if os.environ["RANK"] == "0" else []:
            try:
                exec(statement)
                print("nothing")
            except Exception as error:
                print(repr(str(error)))
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert len(done.lines(0)) == len(MISTAKES)
    for line, error in zip(done.lines(0), MISTAKES.values()):
        assert error in line


def test_memory_is_accounted_for_as_torch_does(run, gpus):
    done = run(1, """
        import torch
        empty = torch.cuda.memory_allocated()
        small = torch.ones(10, device="cuda")
        print(empty, torch.cuda.memory_allocated(), torch.cuda.memory_reserved())
        large = torch.ones(3 << 20, device="cuda")
        print(torch.cuda.memory_allocated() >> 20, torch.cuda.memory_reserved() >> 20)
        del large
        print(torch.cuda.memory_allocated(), torch.cuda.max_memory_allocated() >> 20,
              torch.cuda.memory_reserved() >> 20)
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        print(torch.cuda.memory_reserved() >> 20, torch.cuda.max_memory_allocated())
        free, total = torch.cuda.mem_get_info()
        print(total >> 30, (total - free) >> 20)
        storage = torch.ones(1 << 20, device="cuda").untyped_storage()
        storage.resize_(0)
        print(torch.cuda.memory_allocated(), storage.size())
        try:
            torch.empty(1 << 40, device="cuda")
        except torch.OutOfMemoryError as error:
            print(str(error).split(". ")[0])
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    # Blocks of 512 bytes in segments of 2 MiB; 12 MiB are a segment of their own; the catalogue gives a context 1 GiB.
    assert done.lines(0) == [
        "0 512 2097152", "12 14", "512 12 14", "2 512", "80 1026", "512 0", "CUDA out of memory",
    ]  # fmt: skip


def test_collectives_overlap_with_computing_on_streams(run, gpus):
    # 4 GiB in a ring of four at 450 GB/s take some 20 ms; 20 products of 8192 x 8192 at 989 TFLOPS some 30 ms.
    done = run(4, """
        import os, time, torch, torch.distributed as dist
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl")
        matrix = torch.ones(8192, 8192, dtype=torch.bfloat16, device="cuda")
        message = torch.ones(2 << 30, dtype=torch.bfloat16, device="cuda")
        def timed(body):
            torch.cuda.synchronize()
            start = time.perf_counter()
            body()
            issued = time.perf_counter()
            torch.cuda.synchronize()
            return time.perf_counter() - start, issued - start
        def compute():
            for _ in range(20):
                matrix @ matrix
        def communicate():
            return dist.all_reduce(message, async_op=True)
        def both():
            work = communicate()
            compute()
            work.wait()
        (computing, issuing), (communicating, _), (together, _) = map(timed, (compute, communicate, both))
        print(computing, issuing, communicating, together)
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        compute()
        end.record()
        end.synchronize()
        print(start.elapsed_time(end) / 1e3)
        side = torch.cuda.Stream()
        def two_streams():
            compute()
            with torch.cuda.stream(side):
                matrix @ matrix
            torch.cuda.current_stream().wait_stream(side)
        print(timed(two_streams)[0])
        """, options=(*GPU, "--fake"), cluster=gpus)
    assert done.code == 0, done.errors
    computing, issuing, communicating, together = map(float, done.lines(0)[0].split())
    assert issuing < computing / 10, "the host does not wait for the device"
    assert max(computing, communicating) <= together < 1.02 * max(computing, communicating)
    assert together < 0.9 * (computing + communicating)
    assert float(done.lines(0)[1]) == pytest.approx(computing, rel=0.01)
    # The other stream does its product beside the first one's.
    assert float(done.lines(0)[2]) == pytest.approx(computing, rel=0.01)


def test_asking_for_a_value_waits_for_the_device(run, gpus):
    done = run(1, """
        import time, torch
        matrix = torch.ones(8192, 8192, dtype=torch.bfloat16, device="cuda")
        torch.cuda.synchronize()
        start = time.perf_counter()
        result = (matrix @ matrix)[0, 0]
        issued = time.perf_counter() - start
        result.item()
        print(issued, time.perf_counter() - start)
        """, options=(*GPU, "--fake"), cluster=gpus)
    assert done.code == 0, done.errors
    issued, waited = map(float, done.lines(0)[0].split())
    assert issued < 1e-4 < 1e-3 < waited


def test_a_triton_kernel_without_a_cost_is_named(run, gpus):
    script = """
        import torch, triton, triton.language as tl
        @triton.jit
        def double(source, target, SIZE: tl.constexpr):
            offsets = tl.arange(0, SIZE)
            tl.store(target + offsets, 2 * tl.load(source + offsets))
        {registration}
        source = torch.ones(8, device="cuda")
        target = torch.empty_like(source)
        double[(1,)](source, target, SIZE=8)
        print(target.tolist())
        """
    done = run(1, script.format(registration=""), options=GPU, cluster=gpus)
    assert done.code == 1
    assert "Triton kernel double" in done.errors and 'kernel_costs.register(\'double\'' in done.errors
    registration = """from uniference import kernel_costs
        kernel_costs.register("double", lambda source, target, SIZE: kernel_costs.Cost(flops=SIZE, bytes_read=4 * SIZE),
                              compute=lambda source, target, SIZE: target.copy_(2 * source))"""
    done = run(1, script.format(registration=registration), options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert done.lines(0) == [str([2.0] * 8)]


@pytest.mark.parametrize(
    ("options", "devices", "error"),
    [
        (GPU, "[{model: jetson-orin-nano}, {model: raspberry-pi-5}]", "is an embedded CPU, not a GPU"),
        (GPU, "[{model: h100-sxm}, {model: l40s}]", "one kind of GPU is possible"),
        ((*GPU, "--compute", "measured"), "[{model: h100-sxm, count: 2}]", "says nothing of a GPU"),
    ],
    ids=["no-gpu", "two-kinds", "measured"],
)
def test_what_cannot_be_described_is_refused_in_a_line(run, tmp_path, options, devices, error):
    cluster = tmp_path / "cluster.yaml"
    network = "{topology: switch, link: {bandwidth: 1 Gbps, latency: 1 ms}}"
    cluster.write_text(f"devices: {devices}\nnetwork: {network}\n")
    done = run(2, "print(1)", options=options, cluster=cluster)
    assert done.code != 0 and done.output == ""
    assert error in done.errors
    assert "Traceback" not in done.errors


def test_one_seed_gives_one_event_log(run, gpus):
    """However often ranks say how far they have come."""
    reporting = "    from uniference import operations\n    operations.REPORTING_PERIOD_NS = {}"
    runs = [run(2, reporting.format(period_ns) + TRAINING, "cuda", "nccl", options=(*GPU, "--json"), cluster=gpus)
            for period_ns in (1_000_000_000, 0)]
    assert runs[0].code == 0, runs[0].errors
    assert figures(runs[0])["event_log_sha256"] == figures(runs[1])["event_log_sha256"]
    assert figures(runs[0])["total_s"] > 0


def test_a_script_for_cuda_without_the_option_is_told_of_it(run, gpus):
    done = run(1, "import torch\ntorch.ones(3, device='cuda')", options=("--compute", "roofline"), cluster=gpus)
    assert done.code == 1
    assert "Torch not compiled with CUDA enabled; run it with --gpu" in done.errors


def test_peak_memory_is_reported_by_kind(run, gpus):
    done = run(1, """
        import torch, torch.distributed as dist
        dist.init_process_group("nccl")
        layer = torch.nn.Linear(1024, 1024, bias=False, device="cuda")
        optimizer = torch.optim.Adam(layer.parameters())
        layer(torch.ones(256, 1024, device="cuda")).sum().backward()
        optimizer.step()
        """, options=(*GPU, "--json"), cluster=gpus)
    assert done.code == 0, done.errors
    (device,) = figures(done)["devices"]
    sizes = {use["label"]: use["bytes"] for use in device["peak_memory"]}
    assert sizes["parameters"] == sizes["gradients"] == 4 << 20
    assert sizes["optimizer state"] == 8 << 20
    assert device["peak_memory_bytes"] == sum(sizes.values()) >= 16 << 20


def test_the_example_for_gpus_runs(run, gpus):
    script = pathlib.Path(__file__).resolve().parents[3] / "Examples" / "pytorch" / "fsdp.py"
    arguments = ("--layers", "2", "--width", "1024", "--positions", "512", "--steps", "2")
    done = run(2, script, *arguments, options=(*GPU, "--fake"), cluster=gpus)
    assert done.code == 0, done.errors
    first, *steps = done.lines(0)
    assert first == "0.09 billion parameters"
    assert len(steps) == 2 and all("tokens/s on each GPU" in step for step in steps)


def test_fewer_ranks_than_gpus_see_all_of_their_machine(run, gpus):
    done = run(2, """
        import os, torch
        print(torch.cuda.device_count(), os.environ["LOCAL_RANK"], os.environ["LOCAL_WORLD_SIZE"],
              torch.ones(1, device="cuda:3").device)
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert [done.lines(rank)[0] for rank in range(2)] == ["4 0 2 cuda:3", "4 1 2 cuda:3"]


def test_recurrent_layers_give_the_values_of_the_cpu(run, gpus):
    done = run(1, """
        import copy, torch
        for kind in (torch.nn.LSTM, torch.nn.GRU, torch.nn.RNN):
            torch.manual_seed(0)
            host = kind(4, 5, num_layers=2, bidirectional=True)
            device = copy.deepcopy(host).cuda()
            inputs = torch.randn(3, 2, 4, requires_grad=True)
            moved = inputs.detach().cuda().requires_grad_()
            results = host(inputs)[0], device(moved)[0]
            for result in results:
                result.square().sum().backward()
            pairs = [results, (inputs.grad, moved.grad)]
            pairs += [(one.grad, other.grad) for one, other in zip(host.parameters(), device.parameters())]
            print(all(torch.allclose(one, other.cpu(), atol=1e-5) for one, other in pairs), results[1].device)
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert done.lines(0)[-3:] == ["True cuda:0"] * 3


def test_the_compilers_modules_and_marks_for_profilers_are_there(run, gpus):
    done = run(1, """
        import torch, torch._inductor.select_algorithm, triton
        class Failed(triton.runtime.autotuner.OutOfResources):
            pass
        print(triton.Config({"BLOCK": 4}, num_warps=2) is not None, issubclass(Failed, Exception))
        with torch.cuda.nvtx.range("outer"):
            print(torch.cuda.nvtx.range_push("inner"), torch.cuda.nvtx.range_pop())
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert done.lines(0) == ["True True", "1 1"]


def test_options_of_nccl(run, gpus):
    done = run(2, """
        import torch, torch.distributed as dist
        options = dist.ProcessGroupNCCL.Options(is_high_priority_stream=True)
        options.config.max_ctas = 8
        dist.init_process_group("nccl", pg_options=options)
        torch.cuda.set_device(dist.get_rank())
        group = dist.new_group([0, 1], pg_options=options)
        value = torch.ones(2, device="cuda")
        dist.all_reduce(value, group=group)
        print(value.tolist(), options.is_high_priority_stream)
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert done.lines(1) == ["[2.0, 2.0] True"]


GRAPHS = """
    import copy, torch
    static, counter = torch.zeros(4, 8, device="cuda"), torch.zeros(1, device="cuda")
    layer = torch.nn.Linear(8, 8).cuda()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph), torch.no_grad():
        hidden = layer(static).relu()
        out = (hidden @ hidden.t()).softmax(-1)
        noise = torch.rand(3, device="cuda")
        counter += 1
    print(counter.item(), torch.cuda.is_current_stream_capturing())
    drawn = []
    for step in range(3):
        static.fill_(step)
        graph.replay()
        drawn.append(noise.tolist())
        with torch.no_grad():
            expected = layer(static).relu()
        print(counter.item(), torch.allclose(out, (expected @ expected.t()).softmax(-1)))
    print(len(set(map(tuple, drawn))))

    def step_of(model, optimizer, inputs):
        optimizer.zero_grad(set_to_none=True)
        loss = model(inputs).square().mean()
        loss.backward()
        optimizer.step()
        return loss

    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 4)).cuda()
    twin, third = copy.deepcopy(model), copy.deepcopy(model)
    inputs = torch.randn(5, 8, device="cuda")
    optimizers = [torch.optim.Adam(each.parameters(), lr=0.1, capturable=True) for each in (model, twin, third)]
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for each, optimizer in zip((model, twin), optimizers):
            step_of(each, optimizer, inputs)
    whole = torch.cuda.CUDAGraph()
    optimizers[0].zero_grad(set_to_none=True)
    with torch.cuda.graph(whole):
        loss = step_of(model, optimizers[0], inputs)
    for _ in range(3):
        inputs.copy_(torch.randn(5, 8))
        whole.replay()
        same = torch.allclose(loss, step_of(twin, optimizers[1], inputs))
        print(same, all(torch.allclose(*pair) for pair in zip(model.parameters(), twin.parameters())))
    graphed = torch.cuda.make_graphed_callables(third, (torch.randn(5, 8, device="cuda"),))
    plain = copy.deepcopy(torch.nn.Sequential(*third))
    for _ in range(2):
        inputs = torch.randn(5, 8, device="cuda")
        for each in (third, plain):
            each.zero_grad()
        graphed(inputs).square().sum().backward()
        torch.nn.Sequential.forward(plain, inputs).square().sum().backward()
        print(all(torch.allclose(one.grad, other.grad) for one, other in zip(third.parameters(), plain.parameters())))
"""


def test_graphs_are_captured_without_effect_and_replayed_with(run, gpus):
    done = run(1, GRAPHS, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    lines = [line for line in done.lines(0) if line.split()[0] in ("True", "False", "3") or line[0].isdigit()]
    assert lines[:5] == ["0.0 False", "1.0 True", "2.0 True", "3.0 True", "3"]
    assert lines[5:8] == ["True True"] * 3
    assert lines[8:] == ["True"] * 2


TIMES = """
    import time, torch
    source = torch.ones(256, 256, device="cuda")
    def body():
        value = source
        for _ in range(100):
            value = value + 1
        return value
    def timed(function):
        torch.cuda.synchronize()
        start = time.perf_counter()
        function()
        issued = time.perf_counter() - start
        torch.cuda.synchronize()
        return issued, time.perf_counter() - start
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        body()
    compiled, replayed = torch.compile(body, fullgraph=True), torch.compile(body, mode="reduce-overhead")
    for function in (body, graph.replay, compiled, replayed):
        print(*timed(function))
    print(torch.equal(compiled(), body()))
"""


def test_a_replay_costs_the_host_one_operation_and_a_region_its_kernels(run, gpus):
    done = run(1, TIMES, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    eager, graph, compiled, replayed = (tuple(map(float, line.split())) for line in done.lines(0)[:4])
    operation = eager[0] / 100
    assert operation == pytest.approx(5e-6), "the catalogue's launch overhead of an H100"
    assert graph[0] == pytest.approx(operation)
    # On the device a graph has the same hundred kernels, a region one of them.
    assert 100 * 2e-6 < graph[1] < eager[1] < 1.1 * eager[0]
    assert compiled[0] == pytest.approx(1.4 * operation) and compiled[1] < 2 * operation
    assert replayed[0] == pytest.approx(operation) and replayed[1] < 2 * operation
    assert done.lines(0)[4] == "True"


def test_collectives_of_a_graph_take_place_at_each_replay(run, gpus):
    done = run(2, """
        import torch, torch.distributed as dist
        dist.init_process_group("nccl")
        torch.cuda.set_device(dist.get_rank())
        value = torch.full((4,), 1.0 + dist.get_rank(), device="cuda")
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            doubled = value * 2
            dist.all_reduce(doubled)
            result = doubled + 1
        print(value.tolist())
        for _ in range(2):
            graph.replay()
            print(result.tolist())
            value += 1
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert done.lines(1) == [str([2.0] * 4), str([7.0] * 4), str([11.0] * 4)]


def test_copies_take_the_link_to_the_host(run, gpus):
    done = run(1, """
        import time, torch
        size = 256 << 20
        pageable, pinned = torch.empty(size, dtype=torch.uint8), torch.empty(size, dtype=torch.uint8, pin_memory=True)
        device = torch.empty(size, dtype=torch.uint8, device="cuda")
        def timed(function):
            torch.cuda.synchronize()
            start = time.perf_counter()
            function()
            issued = time.perf_counter() - start
            torch.cuda.synchronize()
            print(issued, time.perf_counter() - start)
        print(pinned[5:].is_pinned(), pageable.is_pinned(), pageable.pin_memory().is_pinned())
        timed(lambda: device.copy_(pageable, non_blocking=True))
        timed(lambda: pageable.copy_(device))
        timed(lambda: device.copy_(pinned))
        timed(lambda: device.copy_(pinned, non_blocking=True))
        timed(lambda: device.to("cpu", non_blocking=True))
        side = torch.cuda.Stream()
        def both():
            device.copy_(pinned, non_blocking=True)
            with torch.cuda.stream(side):
                pinned.copy_(device, non_blocking=True)
        timed(both)
        """, options=GPU, cluster=gpus)
    assert done.code == 0, done.errors
    assert done.lines(0)[0] == "True False True"
    rows = [tuple(map(float, line.split())) for line in done.lines(0)[1:]]
    # An H100's 63 GB/s, of which pinned memory reaches 80% and pageable memory 40% of that.
    pinned, pageable = 2**28 / (63e9 * 0.8), 2**28 / (63e9 * 0.8 * 0.4)
    for issued, ended in rows[:2]:
        assert issued == pytest.approx(pageable, rel=0.01) and ended == pytest.approx(issued)
    assert rows[2] == (pytest.approx(pinned, rel=0.01), pytest.approx(pinned, rel=0.01))
    for issued, ended in rows[3:]:
        assert issued < 2e-5 and ended == pytest.approx(pinned, rel=0.02), "both directions at once take as long as one"


def test_attention_is_one_kernel_and_a_causal_mask_leaves_half(run, gpus):
    done = run(1, """
        import time, torch
        query = torch.ones(1, 32, 8192, 128, dtype=torch.bfloat16, device="cuda")
        attention = torch.nn.functional.scaled_dot_product_attention
        for is_causal in (False, True):
            torch.cuda.synchronize()
            start = time.perf_counter()
            attention(query, query, query, is_causal=is_causal)
            issued = time.perf_counter() - start
            torch.cuda.synchronize()
            print(issued, time.perf_counter() - start)
        """, options=(*GPU, "--fake"), cluster=gpus)
    assert done.code == 0, done.errors
    (issued, full), (_, causal) = (tuple(map(float, line.split())) for line in done.lines(0))
    assert issued == pytest.approx(5e-6)
    assert 0.4 < causal / full < 0.65


def test_processes_of_a_command_find_described_gpus(gpus, uniference, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(textwrap.dedent("""
        import os, torch, torch.distributed as dist
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        dist.init_process_group("nccl")
        value = torch.ones(3, device="cuda")
        dist.all_reduce(value)
        print(torch.cuda.device_count(), value.device, value.tolist())
        """))
    words = ["exec", "--gpu", "--cluster", str(gpus), "--", sys.executable, "-m", "torch.distributed.run"]
    words += ["--standalone", "--nproc-per-node", "2", str(script)]
    done = subprocess.run([uniference, *words], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == [f"4 cuda:{rank} [2.0, 2.0, 2.0]" for rank in range(2)]
    refused = subprocess.run(
        [uniference, "exec", "--gpu", "--compute", "measured", "--cluster", str(gpus), "--", "true"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert refused.returncode == 64 and "says nothing of a GPU" in refused.stderr
