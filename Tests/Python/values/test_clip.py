"""Two towers in Swift beside transformers' CLIPModel, on small seeded weights."""

from __future__ import annotations

import json
import pathlib
import subprocess
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig, CLIPModel

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOLERANCE = 1e-4
SEED = 4

SCENARIO = """
cluster:
  devices: [{name: server, count: 2, model: cpu-server}]
  network: {topology: switch, link: {bandwidth: 10 Gbps, latency: 20 us}}
weights: model
inputs: inputs.safetensors
strategy: [single, towers]
"""


def small_model(activation: str) -> CLIPModel:
    torch.manual_seed(SEED)
    config = CLIPConfig(
        projection_dim=24,
        text_config={
            "vocab_size": 99, "hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 3,
            "num_attention_heads": 4, "max_position_embeddings": 20, "hidden_act": activation, "bos_token_id": 97,
            "eos_token_id": 98, "pad_token_id": 98},
        vision_config={
            "hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 6,
            "image_size": 30, "patch_size": 10, "hidden_act": activation})
    model = CLIPModel(config).eval()
    # Weights as they are drawn are so small that all embeddings would be alike.
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def small_inputs() -> tuple[torch.Tensor, torch.Tensor]:
    """Three images, and four texts that end at different places."""
    texts = torch.randint(0, 97, (4, 9))
    texts[:, 0] = 97
    for row, end in enumerate([8, 3, 5, 1]):
        texts[row, end:] = 98
    return torch.randn(3, 3, 30, 30), texts


def simulate(uniference: str, scenario: pathlib.Path, *options: str) -> dict[str, Any]:
    command = [uniference, "simulate", str(scenario), "--no-record", "--json", *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


@pytest.mark.parametrize("activation", ["quick_gelu", "gelu"])
def test_embeddings_and_similarity_are_those_of_transformers(
        uniference: str, tmp_path: pathlib.Path, activation: str) -> None:
    model = small_model(activation)
    model.save_pretrained(tmp_path / "model", safe_serialization=True)
    pixels, texts = small_inputs()
    save_file({"pixel_values": pixels, "input_ids": texts}, tmp_path / "inputs.safetensors")
    (tmp_path / "clip.yaml").write_text(SCENARIO)
    with torch.inference_mode():
        expected = model(input_ids=texts, pixel_values=pixels)

    predictions = simulate(uniference, tmp_path / "clip.yaml", "--values")["predictions"]

    assert [prediction["strategy"] for prediction in predictions] == ["single", "towers"]
    for prediction in predictions:
        for name, reference in [("image", expected.image_embeds), ("text", expected.text_embeds)]:
            found = torch.tensor(prediction["embeddings"][name])
            assert (found - reference).abs().max().item() < TOLERANCE, (prediction["strategy"], name)
        found = torch.tensor(prediction["similarity"])
        assert (found - expected.logits_per_image).abs().max().item() < TOLERANCE * found.abs().max().item()
    assert predictions[0]["bytes_sent"] == 0
    assert predictions[1]["bytes_sent"] == 4 * 24 * (3 + 4)

    shapes = simulate(uniference, tmp_path / "clip.yaml")["predictions"]
    for prediction, without_values in zip(predictions, shapes):
        assert without_values["event_log_sha256"] == prediction["event_log_sha256"]
        assert without_values["peak_memory_bytes"] == prediction["peak_memory_bytes"]
        assert without_values.get("embeddings") is None


def damaged(folder: pathlib.Path, damage: str) -> str:
    """Damages a model or its inputs, and says what the error must tell of it."""
    weights = folder / "model" / "model.safetensors"
    if damage == "cut off":
        weights.write_bytes(weights.read_bytes()[:-1000])
        return "the file is cut off or corrupt"
    if damage == "missing tensor":
        tensors = load_file(weights)
        del tensors["vision_model.encoder.layers.1.mlp.fc2.bias"]
        save_file(tensors, weights)
        return "has no tensor 'vision_model.encoder.layers.1.mlp.fc2.bias'"
    if damage == "other shape":
        config = folder / "model" / "config.json"
        fields = json.loads(config.read_text())
        fields["text_config"]["intermediate_size"] = 38
        config.write_text(json.dumps(fields))
        return "text_model.encoder.layers.0.mlp.fc1.weight: the checkpoint has [37, 32]"
    if damage == "no end":
        save_file({"pixel_values": small_inputs()[0], "input_ids": torch.ones(2, 5, dtype=torch.int64)},
                  folder / "inputs.safetensors")
        return "text 0 has no end-of-text token, 98"
    save_file({"pixel_values": torch.zeros(1, 3, 20, 20), "input_ids": small_inputs()[1]},
              folder / "inputs.safetensors")
    return "pixel_values are [1, 3, 20, 20]"


@pytest.mark.parametrize("damage", ["cut off", "missing tensor", "other shape", "no end", "small images"])
def test_what_does_not_fit_is_told_in_one_line(uniference: str, tmp_path: pathlib.Path, damage: str) -> None:
    small_model("gelu").save_pretrained(tmp_path / "model", safe_serialization=True)
    pixels, texts = small_inputs()
    save_file({"pixel_values": pixels, "input_ids": texts}, tmp_path / "inputs.safetensors")
    (tmp_path / "clip.yaml").write_text(SCENARIO)
    problem = damaged(tmp_path, damage)

    command = [uniference, "simulate", str(tmp_path / "clip.yaml"), "--no-record", "--values"]
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)

    assert run.returncode == 65
    assert run.stderr.count("\n") == 1
    assert "clip.yaml:" in run.stderr and problem in run.stderr
