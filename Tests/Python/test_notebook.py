"""`uniference.simulate`, `sweep` and `runs` in Python, beside what the tool prints."""

import json
import subprocess
import sys

import pytest
import uniference as package
from documents import BLOCKS, ROOT

SCENARIO = {
    "cluster": {"devices": [{"name": "jetson", "count": 2, "model": "jetson-orin-nano"}],
                "network": {"topology": "switch", "link": {"bandwidth": "1 Gbps"}}},
    "model": "llama-3.2-1b",
    "strategy": ["tensor=2", "pipeline=2"],
    "workload": {"prompt": 16, "generate": 2},
}
SWEEP = "scenario: small.yaml\nvary:\n  workload.prompt: [8, 16]\n  strategy: [tensor=2, pipeline=2]\n"


@pytest.fixture(autouse=True)
def folder(uniference, tmp_path, monkeypatch):
    monkeypatch.setenv("UNIFERENCE", str(uniference))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(json.dumps(SCENARIO))
    (tmp_path / "sweep.yaml").write_text(SWEEP)
    return tmp_path


def test_a_mapping_and_a_file_are_predicted_alike(uniference):
    frame = package.simulate(SCENARIO, settings={"workload.prompt": 32})
    printed = json.loads(subprocess.run(
        [uniference, "simulate", "small.yaml", "--set", "workload.prompt=32", "--no-record", "--json"],
        capture_output=True, check=True).stdout)
    assert set(frame["strategy"]) == {"tensor=2", "pipeline=2"}
    assert frame["strategy"][0] == printed["strategy"] and frame["total_s"][0] == printed["total_s"]
    assert frame["interval.total_s.high"][0] == printed["interval"]["total_s"]["high"]
    other = package.simulate("small.yaml", settings={"workload.prompt": 32}, strategy="tensor=2")
    expected = frame.loc[frame["strategy"] == "tensor=2", "total_s"]
    assert list(other["total_s"]) == list(expected)


def test_paths_in_a_mapping_are_those_of_the_current_folder(folder):
    (folder / "cluster.yaml").write_text(json.dumps(SCENARIO["cluster"]))
    frame = package.simulate(SCENARIO | {"cluster": "cluster.yaml"}, strategy=["tensor=2"])
    assert len(frame) == 1 and frame["fits"][0]


def test_sweeps_and_runs_are_frames(folder):
    frame = package.sweep("sweep.yaml", order_by="total_s")
    assert len(frame) == 4 and list(frame["total_s"]) == sorted(frame["total_s"])
    assert len(package.sweep("sweep.yaml", where="strategy = 'tensor=2'")) == 2
    assert package.runs().empty
    package.simulate("small.yaml", record=True)
    listed = package.runs()
    assert set(listed["strategy"]) == {"tensor=2", "pipeline=2"}
    assert str(listed["recorded_at"].dtype).startswith("datetime64")


def test_what_the_tool_says_is_the_error(folder, monkeypatch):
    with pytest.raises(package.ToolError, match="missing") as error:
        package.simulate("missing.yaml")
    assert error.value.code == 65
    monkeypatch.setenv("UNIFERENCE", "")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(package.ToolError, match="set UNIFERENCE"):
        package.runs()


def test_ranks_do_not_import_it_and_pandas_is_asked_for_only_when_it_is_needed(folder):
    program = """
import sys
import uniference
assert "uniference.notebook" not in sys.modules
sys.modules["pandas"] = None
try:
    uniference.runs()
except ModuleNotFoundError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "pip install pandas" in done.stdout


def test_the_documents_program_runs(folder):
    (block,) = [block for block in BLOCKS if block.value == "Tests/Python/test_notebook.py"]
    (folder / "Examples").symlink_to(ROOT / "Examples")
    done = subprocess.run([sys.executable, "-c", block.text], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "tensor=4" in done.stdout and "tokens_per_second" in done.stdout
