"""`uniference runs`, and commands that take a run by its name."""

import json
import os
import subprocess

import pytest

SCENARIO = """\
cluster: {name: pair, devices: [{name: jetson, count: 2, model: jetson-orin-nano}],
          network: {topology: switch, link: {bandwidth: 1 Gbps}}}
model: llama-3.2-1b
workload: {prompt: 16, generate: 2}
"""


@pytest.fixture(scope="module")
def folder(uniference, tmp_path_factory):
    """A folder with a run of each strategy, the one with tensors an hour older."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "small.yaml").write_text(SCENARIO)
    for strategy in ("tensor=2", "pipeline=2"):
        subprocess.run([uniference, "simulate", "small.yaml", "--strategy", strategy], cwd=folder, check=True,
                       capture_output=True)
    manifest = folder / "runs" / "small-tensor=2.run" / "run.json"
    time = manifest.stat().st_mtime - 3600
    os.utime(manifest, (time, time))
    return folder


def call(uniference, folder, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run([uniference, *words], cwd=folder, capture_output=True, text=True, timeout=60)


def test_runs_are_listed_newest_first_with_what_they_were_made_from(uniference, folder):
    listed = json.loads(call(uniference, folder, "runs", "--json").stdout)
    assert [run["name"] for run in listed] == ["small-pipeline=2", "small-tensor=2"]
    for run, strategy in zip(listed, ("pipeline=2", "tensor=2")):
        results = json.loads((folder / run["path"] / "run.json").read_text())["results"]
        assert run["strategy"] == strategy
        assert run["total_s"] == results["total_s"] > 0
        assert (run["command"], run["subject"], run["cluster"], run["devices"], run["status"]) == (
            "simulate", "llama-3.2-1b", "pair", 2, "complete")
    table = call(uniference, folder, "runs", "--wide").stdout
    assert table.index("small-pipeline=2") < table.index("small-tensor=2")


def test_commands_take_a_run_by_its_name(uniference, folder):
    assert "runs/small-tensor=2.run" in call(uniference, folder, "show", "small-tensor=2").stdout
    compared = json.loads(call(uniference, folder, "compare", "small-tensor=2", "small-pipeline=2", "--json").stdout)
    assert [difference["input"] for difference in compared["differences"]] == ["strategy"]
    missed = call(uniference, folder, "show", "small-tensor=3")
    assert missed.returncode == 74
    assert 'did you mean "small-tensor=2"?' in missed.stderr


def test_a_damaged_record_is_a_row_that_says_so(uniference, folder, tmp_path):
    for name, text in (("empty", ""), ("other", '{"schema_version": 99}')):
        (tmp_path / f"{name}.run").mkdir()
        (tmp_path / f"{name}.run" / "run.json").write_text(text)
    (tmp_path / "whole.run").symlink_to(folder / "runs" / "small-tensor=2.run")
    listed = {run["name"]: run for run in json.loads(call(uniference, tmp_path, "runs", ".", "--json").stdout)}
    assert listed["whole"]["status"] == "complete"
    assert listed["empty"]["status"] == listed["other"]["status"] == "damaged"
    assert "not valid JSON" in listed["empty"]["problem"] and "schema version 99" in listed["other"]["problem"]
    assert "damaged" in call(uniference, tmp_path, "runs", ".").stdout


def test_no_runs_are_said_to_be_none_and_no_folder_is_an_error(uniference, tmp_path):
    none = call(uniference, tmp_path, "runs")
    assert none.returncode == 0 and "There are no run records in runs." in none.stdout
    missing = call(uniference, tmp_path, "runs", "elsewhere")
    assert missing.returncode == 74 and "elsewhere" in missing.stderr
