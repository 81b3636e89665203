"""``uniference sweep``: rows of a SQLite file, each what ``simulate`` says of its point."""

import contextlib
import csv
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

import pytest
from documents import BLOCKS, ROOT

CLUSTER = """
devices: [{model: jetson-orin-nano, count: 2}]
network: {link: {bandwidth: 1 Gbps, latency: 0.2 ms}}
"""
SCENARIO = "{cluster: cluster.yaml, model: tinyllama-1.1b, strategy: tensor=2, workload: {prompt: 16, generate: 4}}"
SWEEP = """
scenario: scenario.yaml
vary:
  network.link.bandwidth: [100 Mbps, 1 Gbps]
  workload.prompt: {from: 16, to: 64, count: 3, scale: log}
"""


LONG_SWEEP = SWEEP.replace("to: 64, count: 3", "to: 640, count: 40")
"""Of eighty points."""


@pytest.fixture
def folder(tmp_path) -> pathlib.Path:
    (tmp_path / "cluster.yaml").write_text(CLUSTER)
    (tmp_path / "scenario.yaml").write_text(SCENARIO)
    (tmp_path / "links.yaml").write_text(SWEEP)
    return tmp_path


def sweep(uniference, folder, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run([uniference, "sweep", "links.yaml", *options], cwd=folder, capture_output=True, text=True,
                          timeout=120)


def rows(folder) -> list[dict]:
    with contextlib.closing(sqlite3.connect(folder / "links.db")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("select * from points order by rowid")]


def await_rows(folder, process, count: int) -> None:
    """Until a sweep has written so many."""
    while True:
        assert process.poll() is None
        try:
            if (folder / "links.db").exists() and len(rows(folder)) >= count:
                return
        except sqlite3.OperationalError:
            pass  # The table is not there yet.
        time.sleep(0.02)


def test_the_example_is_the_one_in_the_documents(uniference, tmp_path):
    (shown,) = [block for block in BLOCKS if block.document == "Documentation/sweeps.md" and block.language == "yaml"]
    example = ROOT / "Examples" / "sweep.yaml"
    assert shown.text == example.read_text()
    done = subprocess.run([uniference, "sweep", example], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "18 points predicted; all are in the table points of sweep.db." in " ".join(done.stdout.split())


def test_each_row_is_what_simulate_says(uniference, folder):
    done = sweep(uniference, folder, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    table = rows(folder)
    assert len(table) == len(json.loads(done.stdout)["points"]) == 6
    assert {row["workload.prompt"] for row in table} == {16, 32, 64}
    for row in table:
        settings = [word for field in ("network.link.bandwidth", "workload.prompt")
                    for word in ("--set", f"{field}={row[field]}")]
        single = subprocess.run(
            [uniference, "simulate", "scenario.yaml", "--no-record", "--json", *settings],
            cwd=folder, capture_output=True, text=True, check=True)
        said = json.loads(single.stdout)
        assert row["total_s"] == said["total_s"] and row["event_log_sha256"] == said["event_log_sha256"]
        assert row["interval.total_s.high"] == said["interval"]["total_s"]["high"]
        assert row["peak_memory_bytes.max"] == max(said["peak_memory_bytes"])


def test_a_second_start_predicts_nothing_again(uniference, folder):
    assert sweep(uniference, folder).returncode == 0
    before = rows(folder)
    assert sorted(row["number"] for row in before) == list(range(6))
    again = sweep(uniference, folder)
    assert "Every point was there already" in again.stdout
    assert rows(folder) == before
    # Another cluster is another prediction.
    (folder / "cluster.yaml").write_text(CLUSTER.replace("0.2 ms", "0.4 ms"))
    assert "6 points predicted" in sweep(uniference, folder).stdout
    assert len(rows(folder)) == 12


def test_a_killed_sweep_goes_on_where_it_was(uniference, folder):
    (folder / "links.yaml").write_text(LONG_SWEEP)
    process = subprocess.Popen([uniference, "sweep", "links.yaml"], cwd=folder, stdout=subprocess.DEVNULL)
    await_rows(folder, process, 3)
    process.kill()
    process.wait()
    kept = rows(folder)
    done = sweep(uniference, folder, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["predicted"] == 80 - len(kept)
    assert rows(folder)[: len(kept)] == kept


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_sweep_says_how_it_goes_on(uniference, folder, number):
    (folder / "links.yaml").write_text(LONG_SWEEP)
    process = subprocess.Popen([uniference, "sweep", "links.yaml"], cwd=folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    await_rows(folder, process, 3)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode in (-number, 128 + number)
    assert errors == ("uniference: interrupted; points that have ended are in links.db, "
                      "and the same command goes on with the rest\n")
    assert {row["status"] for row in rows(folder)} == {"ended"}


def test_a_point_that_fails_is_a_row_with_its_error(uniference, folder):
    (folder / "links.yaml").write_text(
        "{scenario: scenario.yaml, vary: {model: [tinyllama-1.1b, llama-3.1-70b], strategy: [tensor=2, tensor=3]}}")
    done = sweep(uniference, folder)
    assert done.returncode == 0, done.stderr
    assert "4 points predicted, 3 of which failed" in " ".join(done.stdout.split())
    errors = {(row["model"], row["strategy"]): row["error"] for row in rows(folder)}
    assert errors[("tinyllama-1.1b", "tensor=2")] is None
    assert "memory" in errors[("llama-3.1-70b", "tensor=2")]
    assert "tensor=3" in errors[("tinyllama-1.1b", "tensor=3")]
    again = sweep(uniference, folder, "--retry-failed")
    assert "3 points predicted, 3 of which failed" in " ".join(again.stdout.split())


def test_rows_are_selected_ordered_and_written_as_csv(uniference, folder):
    done = sweep(uniference, folder, "--where", '"workload.prompt" > 16', "--order-by", "total_s desc", "--limit", "3",
                 "--csv", "rows.csv", "--json")
    assert done.returncode == 0, done.stderr
    points = json.loads(done.stdout)["points"]
    assert [point["total_s"] for point in points] == sorted((p["total_s"] for p in points), reverse=True)
    assert len(points) == 3 and all(point["workload.prompt"] > 16 for point in points)
    with open(folder / "rows.csv", newline="") as file:
        written = list(csv.DictReader(file))
    assert [float(row["total_s"]) for row in written] == [point["total_s"] for point in points]
    assert written[0]["network.link.bandwidth"] == "100 Mbps"


def test_two_sweeps_at_once_share_a_file(uniference, folder):
    commands = [[uniference, "sweep", "links.yaml", "--database", "links.db", "--name", name, "--jobs", "1"]
                for name in ("one", "two")]
    processes = [subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) for command in commands]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    assert sorted(row["sweep"] for row in rows(folder)) == ["one"] * 6 + ["two"] * 6


@pytest.mark.parametrize("change, message", [
    (("network.link.bandwidth", "network.link.bandwith"), "bandwith"),
    (("scenario.yaml", "none.yaml"), "none.yaml: cannot be read"),
    (("scale: log", "scale: loud"), "links.yaml:5: vary.workload.prompt.scale"),
], ids=["field", "scenario", "scale"])  # fmt: skip
def test_what_is_wrong_is_a_line_and_leaves_no_rows(uniference, folder, change, message):
    (folder / "links.yaml").write_text(SWEEP.replace(*change))
    done = sweep(uniference, folder)
    assert done.returncode == 65
    assert message in done.stderr and done.stderr.count("\n") == 1
    assert not (folder / "links.db").exists()


@pytest.mark.skipif(os.geteuid() != 0 or not os.path.isdir("/dev/shm"), reason="mounts a small file system")
def test_a_full_disk_loses_nothing_that_had_ended(uniference, folder):
    small = folder / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], check=True)
    try:
        (folder / "links.yaml").write_text(LONG_SWEEP)
        done = sweep(uniference, folder, "--database", "small/links.db")
        assert done.returncode == 74, done.stdout
        assert "small/links.db: cannot be written: " in done.stderr and done.stderr.count("\n") == 1
        with contextlib.closing(sqlite3.connect(f"file:{small}/links.db?mode=ro", uri=True)) as connection:
            assert connection.execute("pragma integrity_check").fetchone() == ("ok",)
            assert 0 < connection.execute("select count(*) from points").fetchone()[0] < 80
    finally:
        subprocess.run(["umount", "-l", small], check=True)
