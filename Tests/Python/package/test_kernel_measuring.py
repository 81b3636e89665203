"""Measuring kernels of this machine: the file that is written, and going on after a stop."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT
from uniference.kernel_tables import measure
from uniference.kernel_tables.benchmarks import AXES, HEADS, benchmarks
from uniference.kernel_tables.format import read_times

TINY = ["--on", "cpu", "--types", "float32", "--largest", "8", "--seconds", "0.001"]


def words(output: Path, *more: str) -> list[str]:
    return ["--device", "raspberry-pi-5", "--output", str(output), *TINY, *more]


def test_every_kind_is_measured_in_the_format_that_is_imported(tmp_path: Path) -> None:
    path = tmp_path / "pi.kernels"
    assert measure.main(words(path)) == 0
    header, times = read_times(path)
    assert header["device"] == "raspberry-pi-5"
    assert header["launch"]["dispatch_us"] > 0
    kinds = [table["kind"] for table in header["tables"]]
    assert sorted(kinds) == sorted(AXES)
    planned = benchmarks(["float32"], 8)
    for table, measured in zip(header["tables"], times, strict=True):
        assert set(measured) == {kernel.key for kernel in planned if kernel.kind == table["kind"]}
        assert all(0 < time < 1e6 for time in measured.values())
        if "configurations" in table:
            assert table["configurations"] == [list(heads) for heads in HEADS]
    assert not path.with_name("pi.kernels.partial").exists()


@pytest.mark.slow
def test_what_has_been_measured_is_not_measured_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pi.kernels"
    real, count = measure._time, 0

    def stopped(kernel, timer):
        nonlocal count
        count += 1
        if count > 20:
            raise KeyboardInterrupt
        return real(kernel, timer)

    monkeypatch.setattr(measure, "_time", stopped)
    assert measure.main(words(path)) == 130
    assert not path.exists()
    partial = path.with_name("pi.kernels.partial")
    kept = [json.loads(line) for line in partial.read_text().splitlines()][1:]
    assert len(kept) == 20
    # A process that is killed may leave half of a line.
    partial.write_text(partial.read_text() + '{"kind": "matr')
    again: list[tuple[str, tuple[int, ...]]] = []

    def noted(kernel, timer):
        again.append((kernel.kind, kernel.key))
        return real(kernel, timer)

    monkeypatch.setattr(measure, "_time", noted)
    assert measure.main(words(path)) == 0
    assert len(again) == len(benchmarks(["float32"], 8)) - 20
    assert not {(entry["kind"], tuple(entry["key"])) for entry in kept} & set(again)
    header, times = read_times(path)
    for entry in kept:
        table = next(place for place, table in enumerate(header["tables"]) if table["kind"] == entry["kind"])
        assert times[table][tuple(entry["key"])] == pytest.approx(entry["us"], rel=1e-3)


@pytest.mark.slow
def test_a_table_without_all_sizes_is_written_when_the_time_is_up(tmp_path: Path, capfd) -> None:
    path = tmp_path / "pi.kernels"
    assert measure.main(words(path, "--minutes", "0.0005")) == 0
    assert "kernels were not measured in time; the same command measures more of them" in capfd.readouterr().err
    header, _ = read_times(path)
    first = {table["kind"]: table["points"] for table in header["tables"]}
    assert measure.main(words(path)) == 0
    header, _ = read_times(path)
    assert sum(table["points"] for table in header["tables"]) > sum(first.values())


def test_a_journal_of_another_device_is_refused(tmp_path: Path, capfd) -> None:
    path = tmp_path / "pi.kernels"
    path.with_name("pi.kernels.partial").write_text('{"device": "h100-sxm"}\n')
    assert measure.main(words(path)) == 65
    errors = capfd.readouterr().err
    assert len(errors.splitlines()) == 1
    assert "pi.kernels.partial: it holds measurements of h100-sxm, and these are of raspberry-pi-5" in errors


@pytest.mark.skipif(measure.torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_named(tmp_path: Path, capfd) -> None:
    assert measure.main([*words(tmp_path / "own.kernels"), "--on", "cuda"]) == 65
    assert "--on cuda: torch finds no GPU here" in capfd.readouterr().err


def test_a_python_without_torch_is_named(tmp_path: Path) -> None:
    hidden = "import sys, runpy; sys.modules['torch'] = None; runpy.run_module('uniference.kernel_tables.measure')"
    done = subprocess.run([sys.executable, "-c", hidden], capture_output=True, text=True, check=False)
    assert done.returncode == 69
    assert done.stderr.startswith("PyTorch is not installed in ")
    assert len(done.stderr.splitlines()) == 1


SCENARIO = """
cluster: {{devices: [{{name: pi, model: raspberry-pi-5{more}}}]}}
model: smollm2-135m
dtype: float32
strategy: single
workload: {{prompt: 8, generate: 4}}
"""


def test_simulate_takes_times_of_the_measured_table(uniference: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [uniference, "calibrate", "kernels", "--device", "raspberry-pi-5", "--output", tmp_path / "pi.kernels",
         *(f"--measure={word}" for word in TINY)],
        capture_output=True, text=True, timeout=300, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "kernels: " in done.stdout
    header, _ = read_times(tmp_path / "pi.kernels")
    totals = {}
    for name, more in {"table": ", kernels: pi.kernels", "roofline": ""}.items():
        path = tmp_path / f"{name}.yaml"
        path.write_text(SCENARIO.format(more=more))
        shown = subprocess.run(
            [uniference, "simulate", path, "--json", "--no-record"], capture_output=True, text=True, check=False
        )
        assert shown.returncode == 0, shown.stderr
        totals[name] = json.loads(shown.stdout)["total_s"]
    assert totals["table"] != totals["roofline"]
    assert header["tables"]
    path.write_text(SCENARIO.format(more=", kernels: pi.kernels").replace("raspberry-pi-5", "raspberry-pi-4"))
    wrong = subprocess.run([uniference, "simulate", path], capture_output=True, text=True, check=False)
    assert wrong.returncode == 65
    assert "its tables are of raspberry-pi-5, the device is raspberry-pi-4" in wrong.stderr


def test_a_stopped_command_keeps_what_was_measured(uniference: Path, tmp_path: Path) -> None:
    output = tmp_path / "pi.kernels"
    process = subprocess.Popen(
        [uniference, "calibrate", "kernels", "--device", "raspberry-pi-5", "--output", output,
         "--measure=--on=cpu", "--measure=--seconds=0.2"],
        stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    partial = output.with_name("pi.kernels.partial")
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not (partial.exists() and partial.read_text().count("\n") > 3):
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "the same command goes on" in errors
    assert not output.exists()
    assert partial.read_text().count("\n") > 3


def test_an_unknown_device_is_refused_before_anything_is_measured(uniference: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [uniference, "calibrate", "kernels", "--device", "raspbery-pi-5", "--output", tmp_path / "pi.kernels"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 65
    assert 'did you mean "raspberry-pi-5"?' in done.stderr
    assert not list(tmp_path.iterdir())
