"""What the programs have in common: a model, batches that are the same everywhere, and results."""

from __future__ import annotations

import os

import torch
from torch import nn

STEPS = 3


def seeded(number: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(number)


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(16, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 4))


def dataset() -> torch.utils.data.TensorDataset:
    return torch.utils.data.TensorDataset(
        torch.randn(8 * STEPS, 16, generator=seeded(1)), torch.randn(8 * STEPS, 4, generator=seeded(2))
    )


def is_first() -> bool:
    return os.environ.get("RANK", "0") == "0"


def result(name: str, value: float | list[int]) -> None:
    """What the runs are compared by."""
    if is_first():
        print(f"RESULT {name} {value!r}", flush=True)


def device() -> torch.device:
    kind = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(kind, int(os.environ["LOCAL_RANK"])) if kind == "cuda" else torch.device(kind)


def llama_configuration():
    from transformers import LlamaConfig

    return LlamaConfig(
        vocab_size=128, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    )  # fmt: skip
