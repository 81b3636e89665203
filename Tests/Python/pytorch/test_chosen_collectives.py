"""Who chooses the algorithms of a script's collectives: the cluster where it says so, else each group's library."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .conftest import CLUSTER

LATENCY = 1e-3
BYTES_PER_SECOND = 125e6
SIZE = 20_000_000

# Four ranks, cables of half a millisecond at 1 Gbps. The textbook reduces along a binomial tree, by two whole buffers
# one after the other. gloo reduces around a ring, three quarters of a buffer, and collects the parts, three quarters
# again.
TREE = 2 * (LATENCY + SIZE / BYTES_PER_SECOND)
RING = 6 * LATENCY + 1.5 * SIZE / BYTES_PER_SECOND

CHOICES = {
    "unsaid": ("", RING),
    "gloo": ("\n  collectives: gloo", RING),
    "ideal": ("\n  collectives: ideal", TREE),
    "one operation": ("\n  collectives: {reduce: binomial_tree, otherwise: gloo}", TREE),
}

REDUCE = f"""
    import time, torch, torch.distributed as dist
    values = torch.ones({SIZE // 4})
    times = []
    for _ in range(3):
        dist.barrier()
        start = time.perf_counter()
        dist.reduce(values, 0)
        times.append(time.perf_counter() - start)
    if dist.get_rank() == 0:
        print(min(times), flush=True)
    """


def choose(choice, folder):
    """A cluster that says who chooses, and the seconds that a reduction then takes at its root."""
    line, seconds = CHOICES[choice]
    path = folder / "cluster.yaml"
    path.write_text(CLUSTER.read_text().replace("transport: ideal", "transport: ideal" + line))
    return path, seconds


@pytest.mark.parametrize("choice", CHOICES)
def test_run_lets_the_cluster_choose(run, choice, tmp_path):
    cluster, seconds = choose(choice, tmp_path)
    done = run(4, "    import torch.distributed as dist\n    dist.init_process_group('gloo')" + REDUCE, cluster=cluster)
    assert done.code == 0, done.errors
    assert float(done.lines(0)[0]) == pytest.approx(seconds, rel=0.08)


def test_exec_lets_the_cluster_choose(run, tmp_path):
    cluster, seconds = choose("ideal", tmp_path)
    script = run.script("    import torch.distributed as dist\n    dist.init_process_group('gloo')" + REDUCE)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "4", str(script)]
    done = subprocess.run(
        [run.binary, "exec", "--cluster", str(cluster), "--", *launcher],
        cwd=run.folder,
        env=run.environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[0]) == pytest.approx(seconds, rel=0.08)
