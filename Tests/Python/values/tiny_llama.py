"""A Llama of a few thousand parameters with seeded weights, as a GGUF file: all that a real one has."""

from __future__ import annotations

import pathlib
from typing import Any

import gguf
import numpy

LAYERS, HIDDEN, FEED_FORWARD, HEADS, KEY_VALUE_HEADS = 2, 32, 64, 4, 2
WORDS = ["h e", "l l"]

SCENARIO = """
cluster:
  devices: [{{name: server, count: 4, model: cpu-server}}]
  network: {{topology: switch, link: {{bandwidth: 10 Gbps, latency: 20 us}}}}
weights: {weights}
prompt: hello
strategy: {strategy}
workload: {{generate: {tokens}}}
"""


def vocabulary() -> list[str]:
    """A character for each byte, in GPT-2's alphabet, two words, and the end of a text."""
    printable = [*range(0x21, 0x7f), *range(0xa1, 0xad), *range(0xae, 0x100)]
    others = iter(range(0x100, 0x200))
    letters = [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]
    return [*letters, "he", "ll", "<|end|>"]


def tensors() -> dict[str, numpy.ndarray]:
    """All parameters by their names in GGUF files."""
    random = numpy.random.default_rng(3)

    def matrix(rows: int, columns: int) -> numpy.ndarray:
        return random.normal(0, 0.2, (rows, columns)).astype(numpy.float32)

    def norm() -> numpy.ndarray:
        return random.normal(1, 0.1, HIDDEN).astype(numpy.float32)

    key_value = HIDDEN // HEADS * KEY_VALUE_HEADS
    found = {"token_embd.weight": matrix(len(vocabulary()), HIDDEN), "output_norm.weight": norm()}
    for layer in range(LAYERS):
        sizes = {"attn_q": (HIDDEN, HIDDEN), "attn_k": (key_value, HIDDEN), "attn_v": (key_value, HIDDEN),
                 "attn_output": (HIDDEN, HIDDEN), "ffn_gate": (FEED_FORWARD, HIDDEN), "ffn_up": (FEED_FORWARD, HIDDEN),
                 "ffn_down": (HIDDEN, FEED_FORWARD)}
        found |= {f"blk.{layer}.{name}.weight": matrix(*size) for name, size in sizes.items()}
        found |= {f"blk.{layer}.{name}.weight": norm() for name in ("attn_norm", "ffn_norm")}
    return found


def write(path: pathlib.Path, weights: dict[str, Any] | None = None, layers: int = LAYERS) -> pathlib.Path:
    """Writes the model, or one with other tensors or that says it has another number of layers."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(layers)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_context_length(128)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(vocabulary())
    writer.add_token_types([1] * 258 + [3])
    writer.add_token_merges(WORDS)
    writer.add_eos_token_id(258)
    for name, tensor in (tensors() if weights is None else weights).items():
        if isinstance(tensor, tuple):
            writer.add_tensor(name, tensor[0], raw_dtype=tensor[1])
        else:
            writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def write_scenario(
        folder: pathlib.Path, weights: pathlib.Path, strategy: str = "single", tokens: int = 4) -> pathlib.Path:
    """A scenario that runs the model on four servers."""
    path = folder / "tiny.yaml"
    path.write_text(SCENARIO.format(weights=weights, strategy=strategy, tokens=tokens))
    return path
