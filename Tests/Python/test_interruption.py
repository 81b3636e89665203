"""Ctrl-C, SIGTERM and SIGHUP end a run in good order: its exit code, one line, and a valid partial record."""

import hashlib
import json
import signal
import subprocess
import time

import pytest
from conftest import ROOT
from privileges import skip_for_want_of

SMALL = ROOT / "Examples" / "llama-on-jetsons.yaml"
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "interrupted by SIGTERM", signal.SIGHUP: "interrupted by SIGHUP"}


def start(binary, arguments, tmp_path):
    return subprocess.Popen(
        [str(binary), "simulate", str(ROOT / "Examples/llama-70b-on-64-h100.yaml"), *arguments],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def await_events(tmp_path):
    """Until the simulation is under way, so that something is in its record."""
    while not any(path.stat().st_size > 0 for path in tmp_path.glob("*.partial-*/events.bin")):
        time.sleep(0.01)


@pytest.mark.parametrize("number", WORDS)
def test_interrupted_run_leaves_a_valid_partial_record(uniference, tmp_path, number):
    record = tmp_path / "partial.run"
    process = start(uniference, ["--every-message", "--record", str(record)], tmp_path)
    await_events(tmp_path)
    process.send_signal(number)
    output, errors = process.communicate(timeout=60)

    assert process.returncode == 128 + number
    assert output == ""
    assert errors.startswith(f"uniference: error: {WORDS[number]} at virtual time ")
    assert str(record) in errors and errors.count("\n") == 1
    manifest = json.loads((record / "run.json").read_text())
    assert manifest["status"] == "interrupted"
    events = (record / "events.bin").read_bytes()
    assert hashlib.sha256(events).hexdigest() == manifest["events"]["sha256"]
    assert len(events) == 40 * manifest["events"]["count"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["partial.run"]


def test_nohup_is_heeded(uniference, tmp_path):
    process = subprocess.Popen(
        ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", str(uniference), "simulate",
         str(SMALL), "--every-message", "--record", "whole.run", "--strategy", "tensor=4"],
        cwd=tmp_path, stdout=subprocess.DEVNULL)
    while not list(tmp_path.glob("*.partial-*")):
        time.sleep(0.01)
    while process.poll() is None:
        process.send_signal(signal.SIGHUP)
        time.sleep(0.02)
    assert process.returncode == 0
    assert json.loads((tmp_path / "whole.run" / "run.json").read_text())["status"] == "complete"


def test_what_a_killed_run_has_left_goes_with_the_next_one(uniference, tmp_path):
    process = start(uniference, ["--every-message", "--record", "killed.run", "--trace", "killed.trace"], tmp_path)
    await_events(tmp_path)
    process.kill()
    process.communicate(timeout=60)
    left = sorted(path.name.partition(".partial-")[0] for path in tmp_path.iterdir())
    assert left == ["killed.run", "killed.trace"]

    alive = start(uniference, ["--every-message", "--record", "alive.run"], tmp_path)
    while not list(tmp_path.glob("alive.run.partial-*/events.bin")):
        time.sleep(0.01)
    subprocess.run([uniference, "simulate", SMALL, "--strategy", "tensor=4", "--record", "next.run", "--trace",
                    "next.trace"], cwd=tmp_path, check=True, capture_output=True)
    left = sorted(path.name.partition(".partial-")[0] for path in tmp_path.iterdir())
    assert left == ["alive.run", "next.run", "next.trace"]
    alive.send_signal(signal.SIGINT)
    alive.communicate(timeout=60)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alive.run", "next.run", "next.trace"]


@pytest.mark.parametrize("where", ["record", "trace"])
def test_unwritable_places_are_named(uniference, tmp_path, where):
    target = "/dev/null/folder/out.run"
    process = start(uniference, ["--strategy", "tensor=64", f"--{where}", target], tmp_path)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 74
    assert "/dev/null/folder" in errors and errors.count("\n") == 1


def test_a_disk_that_fills_up_while_a_record_is_written(uniference, tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode != 0:
        skip_for_want_of("the right to mount a file system")
    try:
        process = start(uniference, ["--strategy", "tensor=64", "--every-message", "--record", str(folder / "big.run")],
                        tmp_path)
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 74
        assert "No space left on device" in errors and errors.count("\n") == 1
        assert list(folder.iterdir()) == []
    finally:
        subprocess.run(["umount", folder], check=True)
