"""Kernels measured once, and charged again from the record without computing anything."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
from typing import Any

import pytest

from . import tiny_llama

STRATEGIES = ["single", "tensor=2", "pipeline=2", "sequence=2"]


def simulate(uniference: pathlib.Path, scenario: pathlib.Path, *options: str, **kwargs: Any) -> dict[str, Any]:
    done = subprocess.run(
        [uniference, "simulate", scenario, "--json", *options], capture_output=True, text=True, check=True, **kwargs)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tiny_llama.write(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


def without_torch() -> dict[str, str]:
    """An environment in which libtorch cannot be found."""
    return os.environ | {"UNIFERENCE_TORCH": "/nowhere/libUniferenceTorch.so"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_replay_takes_the_measured_times(
        uniference: pathlib.Path, weights: pathlib.Path, tmp_path: pathlib.Path, strategy: str) -> None:
    scenario = tiny_llama.write_scenario(tmp_path, weights, strategy)
    record = tmp_path / "measured.run"
    measured = simulate(uniference, scenario, "--values", "--compute", "measured", "--record", str(record))
    replays = [
        simulate(uniference, scenario, "--compute", f"recorded={record}", "--no-record", env=without_torch())
        for _ in range(2)]
    assert measured["tokens"] and all("tokens" not in replay for replay in replays)
    assert replays[0]["event_log_sha256"] == replays[1]["event_log_sha256"] == measured["event_log_sha256"]
    for figure in ("total_s", "time_to_first_token_s", "tokens_per_second", "busy_fraction", "peak_memory_bytes"):
        assert replays[0][figure] == measured[figure], figure


def test_an_operation_that_was_not_recorded_is_named(
        uniference: pathlib.Path, weights: pathlib.Path, tmp_path: pathlib.Path) -> None:
    scenario = tiny_llama.write_scenario(tmp_path, weights)
    record = tmp_path / "measured.run"
    simulate(uniference, scenario, "--values", "--compute", "measured", "--record", str(record))
    longer = tiny_llama.write_scenario(tmp_path, weights, tokens=6)
    done = subprocess.run(
        [uniference, "simulate", longer, "--compute", f"recorded={record}", "--no-record"],
        capture_output=True, text=True)
    assert done.returncode == 65
    assert re.search(r"the recording '.*measured.run' has no attention batch=1 heads=4 .* float32", done.stderr)
    assert done.stderr.count("\n") == 1
