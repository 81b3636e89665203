"""Paths that are no files, or files of odd names, in every place that takes one: an end in seconds, with one line."""

import json
import os
import pathlib
from collections.abc import Callable

import pytest
from cases import slow

from fuzzing import watched
from fuzzing.test_fuzzing import MODEL

SCENARIO = {
    "cluster": {
        "devices": [{"name": "d", "count": 2, "model": "h100-sxm"}],
        "network": {"link": {"bandwidth": "1 Gbps", "latency": "1 ms"}},
    },
    "model": "model.json",
    "strategy": "tensor=2",
    "workload": {"prompt": 8, "generate": 3},
}

PLACES: dict[str, Callable[[str], list[str]]] = {
    "scenario": lambda path: ["simulate", "--no-record", path],
    "cluster of a scenario": lambda path: ["simulate", "--no-record", written(SCENARIO | {"cluster": path})],
    "model of a scenario": lambda path: ["simulate", "--no-record", written(SCENARIO | {"model": path})],
    "weights of a scenario": lambda path: ["simulate", "--no-record", written(SCENARIO | {"weights": path})],
    "cluster of a script": lambda path: ["run", "--no-record", "--cluster", path, "script.py"],
    "flows": lambda path: ["flows", path],
    "model": lambda path: ["models", path],
    "weights": lambda path: ["weights", path],
    "tokenizer": lambda path: ["tokenize", path, "text"],
    "record": lambda path: ["show", path],
    "two records": lambda path: ["compare", path, path],
    "validation": lambda path: ["validate", path],
    "published cases": lambda path: ["validate", "published", path],
    "measurements": lambda path: ["calibrate", "--from", path, "--output", "fitted.yaml"],
    "trace": lambda path: ["simulate", "--no-record", "good.yaml", "--trace", path],
}  # fmt: skip

# Read like others of them.
SLOW_PLACES = {"cluster of a scenario", "weights of a scenario", "tokenizer", "two records", "published cases"}

PATHS = [
    "pipe", "folder", "./folder/", "missing", "", ".", "..", "/", "/dev/null", "/dev/zero", "loop", "a", "-", "é",
    "line\nbreak", "\x1b[31mred", "unreadable", "x" * 300, "folder/pipe.run", "records/a.run",
]  # fmt: skip


def written(scenario: dict[str, object]) -> str:
    """A scenario file in the current folder."""
    pathlib.Path("written.yaml").write_text(json.dumps(scenario))
    return "written.yaml"


@pytest.fixture
def odd_folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps(MODEL))
    (tmp_path / "good.yaml").write_text(json.dumps(SCENARIO))
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    for name in ("a", "-", "é", "line\nbreak", "\x1b[31mred", "unreadable"):
        (tmp_path / name).write_text("neither one nor the other")
    (tmp_path / "unreadable").chmod(0)
    os.mkfifo("pipe")
    os.mkfifo("folder/pipe.run")
    record = tmp_path / "records" / "a.run"
    record.mkdir(parents=True)
    for name in ("run.json", "events.bin", "config.json"):
        os.mkfifo(record / name)
    return tmp_path


@pytest.mark.parametrize("place", [slow(place) if place in SLOW_PLACES else place for place in PLACES])
def test_no_path_hangs_or_ends_by_a_signal(uniference: pathlib.Path, odd_folder: pathlib.Path, place: str) -> None:
    found = []
    for path in PATHS:
        if place == "trace" and path == "/dev/zero":
            continue
        done = watched.run(uniference, *PLACES[place](path), cwd=odd_folder)
        if problem := watched.problem(done):
            found.append(f"{path!r}: {problem}")
        elif done.code == 0 and place != "trace":
            found.append(f"{path!r}: was taken")
    assert not found, "\n".join(found)


def test_names_of_one_character_are_as_good_as_others(uniference: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "m").write_text(json.dumps(MODEL))
    (tmp_path / "s").write_text(json.dumps(SCENARIO | {"model": "./m"}))
    (tmp_path / "f").mkdir()
    (tmp_path / "f" / "config.json").write_text(json.dumps(MODEL))
    for arguments in (["models", "m"], ["models", "f"], ["simulate", "--no-record", "s", "--trace", "t"]):
        done = watched.run(uniference, *arguments, cwd=tmp_path)
        assert done.code == 0, done.errors
    done = watched.run(uniference, "models", ".", cwd=tmp_path / "f")
    assert done.code == 0 and "hidden size" in done.output, done.errors


def test_a_scenario_may_come_through_a_pipe(uniference: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(MODEL))
    os.mkfifo(tmp_path / "pipe")
    if (writer := os.fork()) == 0:
        with (tmp_path / "pipe").open("w") as pipe:
            pipe.write(json.dumps(SCENARIO))
        os._exit(0)
    done = watched.run(uniference, "simulate", "--no-record", "pipe", cwd=tmp_path)
    os.waitpid(writer, 0)
    assert done.code == 0 and "tensor=2" in done.output, done.errors


def test_a_cluster_and_a_scenario_are_told_apart(uniference: pathlib.Path, tmp_path: pathlib.Path) -> None:
    (tmp_path / "c.yaml").write_text(json.dumps(SCENARIO["cluster"]))
    (tmp_path / "s.yaml").write_text(json.dumps(SCENARIO))
    done = watched.run(uniference, "simulate", "--no-record", "c.yaml", cwd=tmp_path)
    assert (done.code, watched.problem(done)) == (65, None)
    assert done.errors.startswith("uniference: error: c.yaml: this is a cluster; write a scenario that names it")
    done = watched.run(uniference, "run", "--no-record", "--cluster", "s.yaml", "x.py", cwd=tmp_path)
    assert (done.code, watched.problem(done)) == (65, None)
    assert "this is a scenario and no cluster" in done.errors
