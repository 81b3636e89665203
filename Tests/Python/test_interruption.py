"""Ctrl-C ends a run in good order: exit code 130, one line, and a valid partial record."""

import hashlib
import json
import signal
import subprocess
import time

import pytest
from conftest import ROOT


def start(binary, arguments, tmp_path):
    return subprocess.Popen(
        [str(binary), "simulate", str(ROOT / "Examples/llama-70b-on-64-h100.yaml"), *arguments],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_interrupted_run_leaves_a_valid_partial_record(uniference, tmp_path):
    record = tmp_path / "partial.run"
    process = start(uniference, ["--every-message", "--record", str(record)], tmp_path)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert output == ""
    assert errors.startswith("uniference: error: interrupted at virtual time ")
    assert str(record) in errors and errors.count("\n") == 1
    manifest = json.loads((record / "run.json").read_text())
    assert manifest["status"] == "interrupted"
    events = (record / "events.bin").read_bytes()
    assert hashlib.sha256(events).hexdigest() == manifest["events"]["sha256"]
    assert len(events) == 40 * manifest["events"]["count"] > 0
    assert [path.name for path in tmp_path.iterdir()] == ["partial.run"]


def test_killed_run_leaves_nothing_under_the_final_name(uniference, tmp_path):
    record = tmp_path / "killed.run"
    process = start(uniference, ["--every-message", "--record", str(record)], tmp_path)
    time.sleep(1)
    process.kill()
    process.communicate(timeout=60)
    assert not record.exists()


@pytest.mark.parametrize("where", ["record", "trace"])
def test_unwritable_places_are_named(uniference, tmp_path, where):
    target = "/dev/null/folder/out.run"
    process = start(uniference, ["--strategy", "tensor=64", f"--{where}", target], tmp_path)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 74
    assert "/dev/null/folder" in errors and errors.count("\n") == 1
