"""Summaries say where compute time and energy come from, and tell Python's own start and end from what lies between."""

from __future__ import annotations

import json
import pathlib
import platform
import subprocess
import sys

import pytest

from .conftest import ROOT, Runner

SCRIPT = """
    import time
    import torch
    import torch.distributed as dist

    time.sleep(0.2)
    dist.init_process_group("gloo")
    for _ in range(3):
        time.sleep(0.05)
        dist.all_reduce(torch.ones(4))
    dist.destroy_process_group()
    time.sleep(0.3)
"""
CLUSTER = """
name: test
devices:
  - {{name: device, count: 2, model: {model}, speed: {speed}}}
network: {{topology: switch, link: {{bandwidth: 1 Gbps, latency: 0.5 ms}}}}
"""


@pytest.fixture
def cluster(tmp_path: pathlib.Path):
    def write(model: str, speed: float = 1) -> pathlib.Path:
        path = tmp_path / f"{model}.yaml"
        path.write_text(CLUSTER.format(model=model, speed=speed))
        return path

    return write


def processor() -> str:
    """As the kernel names it."""
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    pytest.skip("this system does not name its processor")


def report(errors: str) -> dict:
    return json.loads(errors[errors.index("{\n") :])


@pytest.mark.skipif(platform.system() != "Linux", reason="asks the kernel for the processor's name")
def test_a_run_says_where_it_was_measured_beside_the_number(run: Runner, cluster) -> None:
    done = run(2, SCRIPT, cluster=cluster("cpu-server", 0.5))
    assert done.code == 0
    # Long lines are wrapped.
    _, place = " ".join(done.errors.split()).split("would take")
    assert f"compute time measured here, on {processor()}, at speed 0.5" in place
    assert "warning" not in done.errors


def test_devices_of_another_kind_bring_a_warning(run: Runner, cluster) -> None:
    """Tests/UniferenceTests/Kernels/ComputeBasisTests.swift has the other kinds."""
    done = run(2, SCRIPT, cluster=cluster("h100-sxm"), options=("--json",))
    compute = report(done.errors)["compute"]
    assert compute["source"] == "measured"
    assert compute["speeds"] == [{"devices": ["device-0", "device-1"], "speed": 1}]
    [warning] = compute["warnings"]
    assert "a GPU" in warning and "--compute roofline" in warning and "device-0, device-1" in warning


def test_roofline_measures_nothing(run: Runner, cluster) -> None:
    script = "import torch.distributed as dist\ndist.init_process_group('gloo')\ndist.barrier()\n"
    done = run(2, script, cluster=cluster("h100-sxm"), options=("--compute", "roofline"))
    assert "compute time from the devices' figures (roofline)" in done.errors
    assert "warning" not in done.errors


def test_start_and_end_of_python_are_told_apart(run: Runner, cluster) -> None:
    """Lower bounds alone: sleeping takes its virtual time exactly, whatever else the machine does meanwhile."""
    result = report(run(2, SCRIPT, cluster=cluster("cpu-server"), options=("--json",)).errors)
    assert result["start_s"] >= 0.2 and result["main_s"] >= 0.15 and result["end_s"] >= 0.3
    assert result["start_s"] + result["main_s"] + result["end_s"] == pytest.approx(result["total_s"])
    for device in result["devices"]:
        assert [phase["name"] for phase in device["phases"]] == ["start", "main", "end"]
        assert sum(phase["busy_s"] for phase in device["phases"]) == pytest.approx(device["busy_s"])
        assert all(phase["busy_s"] <= phase["end_s"] - phase["start_s"] + 1e-12 for phase in device["phases"])
    assert "idle and busy power" in result["energy_basis"] and "measured here" in result["energy_basis"]


def test_a_script_without_a_group_has_one_phase(run: Runner, cluster) -> None:
    result = report(run(2, "print('hello')\n", cluster=cluster("cpu-server"), options=("--json",)).errors)
    assert "start_s" not in result
    assert [[phase["name"] for phase in device["phases"]] for device in result["devices"]] == [["start"]] * 2


def test_a_recording_keeps_where_it_was_measured_and_its_phases(run: Runner, cluster, tmp_path: pathlib.Path) -> None:
    record = tmp_path / "first.run"
    first = report(run(2, SCRIPT, cluster=cluster("cpu-server"), options=("--json",), record=record).errors)
    again = report(
        run(2, SCRIPT, cluster=cluster("h100-sxm"), options=("--json", "--compute", f"recorded={record}")).errors)
    compute = again["compute"]
    assert compute["source"] == "recorded" and compute["record"] == str(record)
    assert compute["processor"] == first["compute"]["processor"] and len(compute["warnings"]) == 1
    for key in ("start_s", "main_s", "end_s"):
        assert again[key] == pytest.approx(first[key], rel=0.02, abs=0.002)


def execute(uniference, folder, cluster, run, option) -> subprocess.CompletedProcess:
    """Two processes of torchrun meet."""
    script = folder / "two.py"
    script.write_text("import torch.distributed as dist\ndist.init_process_group('gloo')\ndist.barrier()\n")
    return subprocess.run(
        [uniference, "exec", "--cluster", cluster("h100-sxm"), option, "--",
         sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", script],
        cwd=ROOT, env=run.environment(), capture_output=True, text=True)


def test_exec_says_it_too(uniference: pathlib.Path, tmp_path: pathlib.Path, cluster, run: Runner) -> None:
    text = execute(uniference, tmp_path, cluster, run, "--summary")
    assert text.returncode == 0, text.stderr
    assert "1 world, " in text.stderr and "compute time measured here, on " in text.stderr
    assert "uniference: warning: " in text.stderr and "--compute roofline" in text.stderr


@pytest.mark.slow
def test_exec_says_it_to_programs(uniference: pathlib.Path, tmp_path: pathlib.Path, cluster, run: Runner) -> None:
    data = execute(uniference, tmp_path, cluster, run, "--json")
    result = report(data.stderr)
    assert result["worlds"] == 1 and result["failures"] == [] and len(result["compute"]["warnings"]) == 1
