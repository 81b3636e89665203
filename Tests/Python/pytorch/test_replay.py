"""`uniference replay`: a script's record on other clusters, equal to running the script there."""

import json
import subprocess

import pytest

SCRIPT = """
    import time
    import torch
    import torch.distributed as dist
    from torch import nn

    dist.init_process_group("gloo")
    rank = dist.get_rank()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 8))
    for step in range(3):
        model(torch.randn(8, 64)).pow(2).mean().backward()
        works = [dist.all_reduce(weight.grad, async_op=True) for weight in model.parameters()]
        for work in works:
            work.wait()
        for weight in model.parameters():
            weight.data -= 0.1 * weight.grad
            weight.grad = None
    values = torch.ones(1000)
    if rank == 0:
        dist.send(values, 1)
    elif rank == 1:
        dist.recv(values, 0)
    pair = dist.new_group([0, 2])
    if rank != 1:
        dist.all_reduce(values, group=pair)
    work = dist.all_reduce(values, async_op=True)
    time.sleep(0.001)
    work.wait()
    dist.barrier()
    dist.destroy_process_group()
"""
CLUSTERS = {
    "switch": """\
devices: [{name: jetson, count: 3, model: jetson-orin-nano}]
network: {topology: switch, link: {bandwidth: 1 Gbps, latency: 0.2 ms}, transport: gloo-tcp}
""",
    "ring": """\
devices: [{name: pi, count: 4, model: raspberry-pi-5, speed: 0.5}]
network: {topology: switch, link: {bandwidth: 20 Mbps, latency: 1 ms}, collectives: ideal}
""",
}


def replay(run, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([run.binary, "replay", *words], cwd=run.folder, capture_output=True, text=True, timeout=60)


def figures(errors: str) -> dict:
    return json.loads(errors[errors.index("{"):])


@pytest.mark.parametrize("compute", ["roofline", "measured"])
def test_a_replay_is_what_running_the_script_again_is(run, compute):
    clusters = {}
    for name, text in CLUSTERS.items():
        clusters[name] = run.folder / f"{name}.yaml"
        clusters[name].write_text(text)
    record = run.folder / "script.run"
    assert run(3, SCRIPT, cluster=clusters["switch"], options=("--compute", compute), record=record).code == 0
    source = f"recorded={record}" if compute == "measured" else compute
    for name, cluster in clusters.items():
        again = figures(run(3, SCRIPT, cluster=cluster, options=("--json", "--compute", source)).errors)
        replayed = json.loads(replay(run, record, "--cluster", cluster, "--json", "--no-record").stdout)
        assert replayed["total_s"] == pytest.approx(again["total_s"], rel=1e-9), name
        assert replayed["event_log_sha256"] == again["event_log_sha256"], name
        assert replayed["bytes_sent"] == again["bytes_sent"] > 0 and replayed["compute"] == again["compute"]
    # A report makes it again by replays.
    reported = subprocess.run([run.binary, "report", record, "-o", "page.html"], cwd=run.folder, capture_output=True)
    assert reported.returncode == 0, reported.stderr
    page = (run.folder / "page.html").read_text()
    data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
    costs = {cost["resource"]: cost["remaining"] for cost in data["explanation"]["attribution"]["costs"]}
    assert costs["latency of all links"][-1] < 1 and costs["computing of all devices"][-1] < 1
    # Its own record can be replayed, too, by name and with a field set.
    assert replay(run, record, "--cluster", clusters["ring"], "--record", "again.run").returncode == 0
    twice = json.loads(replay(run, "again.run", "--json", "--no-record").stdout)
    assert twice["event_log_sha256"] == replayed["event_log_sha256"]
    slower = json.loads(replay(run, "again.run", "--set", "network.link.latency=20 ms", "--json", "--no-record").stdout)
    assert slower["total_s"] > twice["total_s"] + 0.1


def test_what_a_replay_cannot_know_is_said(run):
    record = run.folder / "script.run"
    done = run(2, """
        import time
        import torch
        import torch.distributed as dist

        dist.init_process_group("gloo")
        start = time.time()
        work = dist.all_reduce(torch.ones(8), async_op=True)
        while not work.is_completed():
            pass
        dist.destroy_process_group()
    """, options=("--compute", "roofline"), record=record)
    assert done.code == 0, done.errors
    replayed = replay(run, record, "--no-record")
    assert replayed.returncode == 0, replayed.stderr
    assert "what time it is" in replayed.stderr and "whether others had done something" in replayed.stderr


def test_records_that_cannot_be_replayed_are_one_line(run):
    record = run.folder / "script.run"
    script = "import torch.distributed as dist\ndist.init_process_group('gloo')\ndist.barrier()\n"
    assert run(2, script, options=("--compute", "roofline"), record=record).code == 0
    few = run.folder / "one.yaml"
    few.write_text("devices: [{name: pi, model: raspberry-pi-5}]\n")
    calls = record / "calls.bin"
    whole = calls.read_bytes()
    cases = (None, few, "1 device"), (whole[:-1], None, "is damaged"), (b"", None, "is damaged")
    for damage, cluster, words in cases:
        if damage is not None:
            calls.write_bytes(damage)
        done = replay(run, record, *(["--cluster", cluster] if cluster else []))
        assert done.returncode != 0 and done.stderr.count("\n") == 1 and words in done.stderr, done.stderr
    calls.unlink()
    assert "record the script again" in replay(run, record).stderr


def test_a_sweep_replays_a_record_on_many_clusters(run):
    record = run.folder / "script.run"
    script = """
        import torch
        import torch.distributed as dist

        dist.init_process_group("gloo")
        dist.all_reduce(torch.ones(9))
    """
    assert run(2, script, options=("--compute", "roofline"), record=record).code == 0
    sweep = run.folder / "links.yaml"
    sweep.write_text("record: script.run\nvary:\n  network.link.latency: [1 ms, 2 ms, 40 ms]\n")

    def points(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run([run.binary, "sweep", sweep, *words], cwd=run.folder, capture_output=True, text=True)

    rows = json.loads(points("--json").stdout)["points"]
    for row, latency in zip(rows, ("1 ms", "2 ms", "40 ms")):
        single = replay(run, record, "--set", f"network.link.latency={latency}", "--json", "--no-record")
        assert row["total_s"] == json.loads(single.stdout)["total_s"] and row["status"] == "ended"
    assert len(rows) == 3 and rows[0]["total_s"] < rows[1]["total_s"] < rows[2]["total_s"]
    sweep.write_text("record: script.run\nvary: {network.link.latencie: [1 ms]}\n")
    assert 'did you mean "latency"' in points().stderr
