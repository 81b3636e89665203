"""Medians, clocks and the file, without torch's processes."""

from __future__ import annotations

import json
import time

import pytest

pytest.importorskip("torch")

from uniference.calibration import clocks, collectives, messages
from uniference.calibration.clocks import ClockJumped, ClockWatch
from uniference.calibration.figures import Measurements
from uniference.calibration.samples import Summary


def test_quartiles_are_those_of_numpy():
    numpy = pytest.importorskip("numpy")
    generator = numpy.random.default_rng(5)
    for count in (1, 2, 5, 8, 25):
        samples = generator.exponential(size=count).tolist()
        lower, median, upper = numpy.quantile(samples, [0.25, 0.5, 0.75])
        summary = Summary.of(samples)
        assert (summary.lower_s, summary.median_s, summary.upper_s) == pytest.approx((lower, median, upper))
        assert summary.samples == count


def test_no_samples_are_refused():
    with pytest.raises(ValueError, match="nothing was measured"):
        Summary.of([])


def test_a_clock_that_jumps_is_noticed(monkeypatch):
    watch = ClockWatch("rank 1 (desk)")
    watch.check("ping_pong")
    offset = 3600.0
    real = time.time
    monkeypatch.setattr(clocks.time, "time", lambda: real() + offset)
    with pytest.raises(ClockJumped, match=r"clock of rank 1 \(desk\) has jumped by \+3600\.\d+ s while stream was"):
        watch.check("stream")
    watch.check("stream")


def test_every_figure_is_in_the_file_at_once(tmp_path):
    path = tmp_path / "m.json"
    measurements = Measurements(path, hosts=[])
    assert json.loads(path.read_text())["figures"] == []
    measurements.add("stream", [0, 1], Summary.of([1.0, 2.0, 3.0]), bytes=64, count=8)
    content = json.loads(path.read_text())
    assert content["complete"] is False
    assert content["figures"][0] == {
        "kind": "stream", "ranks": [0, 1], "bytes": 64, "count": 8, "median_s": 2.0, "lower_s": 1.5, "upper_s": 2.5,
        "samples": 3, "at_s": content["figures"][0]["at_s"],
    }
    measurements.end("rank 1 (desk) has died")
    assert json.loads(path.read_text())["failure"] == "rank 1 (desk) has died"
    assert [file.name for file in tmp_path.iterdir()] == ["m.json"]


def test_validation_looks_at_other_sizes():
    held_out = {1 << 10, 1 << 16, 1 << 18, 1 << 20, 1 << 22, 1 << 24}
    assert not held_out & set(messages.SIZES + messages.FEW_SIZES + collectives.SIZES)
