"""The same inputs give the same events to the bit, whatever goes wrong in the simulation and however it is computed.

Swift's sets and dictionaries are hashed by another seed in every process, and so are Python's.
"""

from __future__ import annotations

import json
import pathlib
import subprocess

import pytest

CLUSTER = """
cluster:
  devices: [{name: jetson, model: jetson-orin-nano, count: 4}]
  network:
    topology: switch
    link: {bandwidth: 1 Gbps, latency: 0.2 ms, jitter: 1 ms, loss: 1%}
    transport: gloo-tcp
    changes:
      - {link: jetson-1->switch, at: 0.5 s, bandwidth: 100 Mbps}
      - {link: jetson-2->switch, at: 1 s, down_until: 1.4 s}
"""
FAILURE = "  failures: [{device: jetson-3, at: 1.2 s}]\n"
WORKLOAD = "model: tinyllama-1.1b\nstrategy: [tensor=4]\nworkload: {prompt: 64, generate: 8}\n"

SCRIPT = """
    import random, sys, torch, torch.distributed as dist
    from uniference import operations
    operations.REPORTING_PERIOD_NS = int(sys.argv[1])
    dist.init_process_group("gloo")
    rank, choice = dist.get_rank(), random.Random(11)
    weight = torch.ones(256, 256)
    for step in range(5):
        dist.all_reduce(torch.ones(32, 256) @ weight)
        pair = choice.sample(range(4), 2)
        if rank == pair[0]:
            dist.send(torch.ones(5000), pair[1])
        elif rank == pair[1]:
            dist.recv(torch.ones(5000))
        works = [dist.all_reduce(torch.ones(choice.randrange(1, 50_000)), async_op=True) for _ in range(3)]
        for work in works:
            work.wait()
    dist.destroy_process_group()
    """


def digest(record: pathlib.Path) -> str:
    return str(json.loads((record / "run.json").read_text())["events"]["sha256"])


@pytest.mark.parametrize("failure", ["", FAILURE], ids=["losses and changes", "a failure"])
def test_a_simulation_on_bad_links_repeats_itself(uniference, tmp_path, failure):
    (tmp_path / "scenario.yaml").write_text(CLUSTER + failure + WORKLOAD)
    digests = set()
    for number in range(3):
        record = tmp_path / f"{number}.run"
        done = subprocess.run([uniference, "simulate", "scenario.yaml", "--every-message", "--record", record],
                              cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == (70 if failure else 0), done.stderr
        digests.add(digest(record))
    assert len(digests) == 1


def test_another_seed_is_another_run(uniference, tmp_path):
    (tmp_path / "scenario.yaml").write_text(CLUSTER + WORKLOAD)
    digests = set()
    for seed in range(3):
        record = tmp_path / f"{seed}.run"
        subprocess.run([uniference, "simulate", "scenario.yaml", "--set", f"seed={seed}", "--record", record],
                       cwd=tmp_path, capture_output=True, check=True, timeout=120)
        digests.add(digest(record))
    assert len(digests) == 3


@pytest.mark.parametrize("failure", ["", FAILURE], ids=["losses and changes", "a failure"])
def test_a_script_on_bad_links_repeats_itself(run, tmp_path, monkeypatch, failure):
    """Also where two ranks compute at once, in whatever order the machine has them end, and however often they say how
    far they have come: a slow machine hears of it more often."""
    lines = [line[2:] for line in (CLUSTER + failure).splitlines() if line.startswith("  ")]
    # What a script computes on such a device takes little time, so that everything has to happen early.
    text = "\n".join(lines).replace("0.5 s", "5 ms").replace("1.4 s", "30 ms").replace("1.2 s", "20 ms")
    (tmp_path / "cluster.yaml").write_text(text.replace("1 s", "10 ms"))
    digests = set()
    for parallel, hash_seed, period_ns in [("1", "1", 1_000_000_000), ("2", "2", 0)]:
        monkeypatch.setenv("PYTHONHASHSEED", hash_seed)
        record = tmp_path / f"{parallel}.run"
        done = run(4, SCRIPT, str(period_ns), options=("--compute", "roofline", "--parallel-ranks", parallel),
                   cluster=tmp_path / "cluster.yaml", record=record)
        assert (done.code != 0) == bool(failure), done.errors
        digests.add(digest(record))
    assert len(digests) == 1
