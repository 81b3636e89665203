"""The measuring scripts on real gloo ranks."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

pytest.importorskip("torch")

pytestmark = pytest.mark.alone

ROOT = pathlib.Path(__file__).resolve().parents[3]


def start(folder: pathlib.Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m",
               "uniference.calibration.measure", "--output", "m.json", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "python"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True)


def end(process: subprocess.Popen[str]) -> None:
    """torchrun ends its ranks when it is asked to end."""
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()


def test_everything_is_measured_for_real(tmp_path):
    process = start(tmp_path, "--repetitions", "2", "--largest", "100000")
    try:
        _, errors = process.communicate(timeout=240)
    finally:
        end(process)
    assert process.returncode == 0, errors
    content = json.loads((tmp_path / "m.json").read_text())
    assert content["complete"] is True and content["failure"] is None
    kinds = {figure["kind"] for figure in content["figures"]}
    assert kinds >= {"ping_pong", "prepared_ping_pong", "late_receiver", "stream", "send_call", "both_ways", "barrier",
                     "sleep_overshoot", "nothing", "all_reduce", "all_gather", "broadcast", "alone_all_reduce",
                     "start_call", "kernel", "kernel_at_once", "copy", "reduce"}
    assert all(0 < figure["lower_s"] <= figure["median_s"] <= figure["upper_s"] for figure in content["figures"])
    assert [host["rank"] for host in content["hosts"]] == [0, 1]
    assert all(host["memory_bytes"] > 1e8 and host["processor"] and host["kernel"] for host in content["hosts"])
    assert "measuring: " in errors and "left" in errors


def test_ranks_that_gloo_cannot_connect_say_so_in_a_line(tmp_path):
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "python"), "RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "0", "GLOO_SOCKET_IFNAME": "nosuch0"}
    done = subprocess.run([sys.executable, "-m", "uniference.calibration.measure"], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 65
    (line,) = [line for line in done.stderr.splitlines() if "uniference: error" in line]
    assert line.startswith("uniference: error: rank 0 cannot join the others by gloo over nosuch0: ")
    assert "Unable to find address for: nosuch0" in line and "gloo/transport" not in line
    assert "Traceback" not in done.stderr


def test_what_was_measured_is_kept_when_a_rank_dies(tmp_path):
    process = start(tmp_path, "--repetitions", "25", "--seconds", "60", "--sections", "messages")
    path = tmp_path / "m.json"
    try:
        deadline = time.monotonic() + 120
        while not (path.exists() and len(json.loads(path.read_text())["figures"]) >= 3):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.1)
        os.kill(_rank_process(process.pid, 1), signal.SIGKILL)
        _, errors = process.communicate(timeout=120)
    finally:
        end(process)
    assert process.returncode != 0
    content = json.loads(path.read_text())
    assert content["complete"] is False
    assert len(content["figures"]) >= 3
    assert "rank 1" in content["failure"] or "SIGTERM" in content["failure"]
    assert "uniference: error: " in errors


def _rank_process(launcher: int, rank: int) -> int:
    """The process that torchrun has started for a rank."""
    for entry in pathlib.Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            variables = (entry / "environ").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            continue
        if parent == launcher and b"RANK=%d" % rank in variables:
            return int(entry.name)
    raise AssertionError("the rank's process was not found")
