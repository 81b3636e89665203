"""The measuring scripts run in simulation, and the fit gives the simulated cluster back."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest

pytest.importorskip("torch")

KNOWN = """
name: known
devices:
  - {name: host, count: 2, model: cpu-server, compute: instant}
network:
  link: {bandwidth: 1 Gbps, latency: 14 us}
  transport:
    base: gloo-tcp
    send_buffer: 750 kB                 # what the fit assumes of it
    send: {per_message: 41 us, per_byte: 20 GB/s}
    receive: {per_message: 19 us, per_byte: 12 GB/s}
    per_collective: 55 us
    header: 162 B
    clear_to_send: 114 B
    reduce_per_byte: 7 GB/s
    wire_factor: 1.05
"""
EXPECTED = {
    "network.link.latency": 14e-6,
    "network.transport.send.per_message": 41e-6,
    "network.transport.receive.per_message": 19e-6,
    "network.transport.per_collective": 55e-6,
    "network.transport.wire_factor[2]": 1.05,
}
RATES = {
    "network.transport.send.per_byte": 20e9,
    "network.transport.receive.per_byte": 12e9,
    "network.transport.reduce_per_byte": 7e9,
}
UNITS = {"us": 1e-6, "ns": 1e-9, "ms": 1e-3, "GB/s": 1e9, "MB/s": 1e6, "": 1.0}


def number(text: str) -> float:
    value, _, unit = text.partition(" ")
    return float(value) * UNITS[unit]


def run(*command: object, folder: pathlib.Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"UNIFERENCE_PYTHON": sys.executable} | variables
    return subprocess.run([str(word) for word in command], cwd=folder, env=environment, capture_output=True, text=True,
                          timeout=300)


@pytest.fixture(scope="module")
def folder(uniference, tmp_path_factory) -> pathlib.Path:
    """A folder with what has been measured on the known cluster in virtual time."""
    folder = tmp_path_factory.mktemp("calibration")
    (folder / "known.yaml").write_text(KNOWN)
    done = run(uniference, "run", "-n", 2, "--cluster", "known.yaml", "--compute", "roofline", "--no-record", "-m",
               "uniference.calibration.measure", "--output", "m.json", "--sections", "messages", "collectives",
               "--repetitions", 1, "--largest", 3_000_000, "--stated-rate", "1 Gbps", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def report(uniference, folder) -> dict[str, Any]:
    done = run(uniference, "calibrate", "--measurements", "m.json", "--output", "found.yaml", "--transport",
               "gloo.yaml", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_fit_gives_the_known_cluster_back(report):
    figures = {figure["path"]: figure["value"] for figure in report["figures"]}
    for path, value in EXPECTED.items():
        assert number(figures[path]) == pytest.approx(value, rel=0.03), path
    # What costs time by the byte is a hundredth of what takes time on the wire.
    for path, value in RATES.items():
        assert number(figures[path]) == pytest.approx(value, rel=0.25), path


def test_nothing_remains_unexplained(report):
    assert len(report["points"]) > 60
    residuals = sorted(abs(point["residual"]) for point in report["points"])
    assert residuals[len(residuals) * 9 // 10] < 0.002
    # An all-gather depends on who comes first, which differs between the script and its twin.
    assert residuals[-1] < 0.02


def test_the_scripts_and_their_simulated_twins_do_the_same(report):
    """Every pattern that figures are fitted to is simulated, and none is silently left out."""
    names = {point["name"].split(",")[0] for point in report["points"]}
    assert names >= {"ping pong", "prepared ping pong", "late receiver", "stream", "both ways", "all reduce",
                     "all gather", "broadcast"}


def test_the_file_can_be_simulated_on(uniference, folder, report):
    text = (folder / "found.yaml").read_text()
    assert "# 95%: " in text and "bandwidth: 1 Gbps" in text and "as it was stated" in text
    script = folder / "script.py"
    script.write_text("import torch.distributed as dist\ndist.init_process_group()\ndist.barrier()\n")
    done = run(uniference, "run", "--cluster", "found.yaml", "--compute", "roofline", "--no-record", script,
               folder=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "found.svg").read_text().startswith("<svg")
    assert "per_message" in (folder / "gloo.yaml").read_text()


@pytest.mark.slow
def test_a_second_run_warns_of_drift(uniference, folder, report):
    text = (folder / "found.yaml").read_text()
    former = next(line for line in text.splitlines() if "latency: " in line)
    (folder / "former.yaml").write_text(text.replace(former, "    latency: 90 us  # 95%: 85 us to 95 us"))
    done = run(uniference, "calibrate", "--measurements", "m.json", "--output", "former.yaml", folder=folder)
    assert done.returncode == 0
    warnings = [line for line in done.stderr.splitlines() if "drift" in line]
    assert len(warnings) == 1
    assert warnings[0].startswith(
        "uniference: warning: drift: network.link.latency was 90 us (85 us to 95 us) and is now 14")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("nonsense", "bad.json: the file is not JSON"),
        ('{"format": "uniference measurements", "version": 1}', "bad.json: began is missing"),
        (None, "bad.json: cannot be read"),
    ],
)
def test_a_bad_file_is_one_line(uniference, tmp_path, content, message):
    if content is not None:
        (tmp_path / "bad.json").write_text(content)
    done = run(uniference, "calibrate", "--measurements", "bad.json", "--output", "c.yaml", folder=tmp_path)
    assert done.returncode == 65
    assert done.stderr.startswith(f"uniference: error: {message}")
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "c.yaml").exists()


def test_a_link_slower_than_stated_is_named(uniference, folder, tmp_path):
    content = json.loads((folder / "m.json").read_text()) | {"stated_rate": "10 Gbps"}
    (tmp_path / "m.json").write_text(json.dumps(content))
    done = run(uniference, "calibrate", "--measurements", "m.json", "--output", "c.yaml", folder=tmp_path)
    assert done.returncode == 65
    assert "the link from rank 0" in done.stderr and "less than the 10 Gbps that were stated" in done.stderr


def test_measurements_without_messages_are_refused(uniference, folder, tmp_path):
    content = json.loads((folder / "m.json").read_text())
    content["figures"] = [figure for figure in content["figures"] if figure["kind"] == "all_reduce"]
    (tmp_path / "m.json").write_text(json.dumps(content))
    done = run(uniference, "calibrate", "--measurements", "m.json", "--output", "c.yaml", folder=tmp_path)
    assert done.returncode == 65
    assert "there is no stream" in done.stderr


def test_something_to_fit_has_to_be_given(uniference, tmp_path):
    done = run(uniference, "calibrate", "--output", "c.yaml", folder=tmp_path)
    assert done.returncode == 64
    assert "Give one of --testbed, --hosts and --measurements" in done.stderr


def test_commands_for_machines_are_printed(uniference, tmp_path):
    done = run(uniference, "calibrate", "--hosts", "a,b", "--rate", "1 Gbps", "--print-commands", "--output", "c.yaml",
               folder=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert first.startswith("a: python3 -m torch.distributed.run --nnodes 2 --node-rank 0")
    assert "--node-rank 1" in second and "--stated-rate '1 Gbps'" in second
