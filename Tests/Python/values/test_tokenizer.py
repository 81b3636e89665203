"""Text to tokens and back, beside Hugging Face's tokenizers."""

from __future__ import annotations

import json
import pathlib
import random
import subprocess
import sys
import unicodedata

import pytest
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "Examples" / "pytorch"))

from smollm2.checkpoint import Checkpoint, checkpoint_path  # noqa: E402
from smollm2.text import ChatTokenizer  # noqa: E402

SPECIAL = ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
# The Split of Llama 3 and Qwen2, as their tokenizer.json has it.
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
         r"|\s+(?!\S)|\s+")
PIECES = [" ", "  ", "\n", "\n\n", "\r\n", "\t", "\u00a0", "\u3000", "\u0085", "1", "2024", "3.14", "\u0663", "\u00bd",
          "'s", "'S", "'\u017f", "'ll", "'LL", "'re", "'VE", "'t", "'x", "'", "a", "The", " quick", "\u00e9", "e\u0301",
          "stra\u00dfe", "\u0416\u0443\u043a", "\u4e2d\u6587", "\u3042", "\u05e2\u05d1", "\u0e01", "!", "...", "\u2014",
          "_", "\U0001f600", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "\U0001f1e9\U0001f1ea", "<|im_start|>",
          "<|im_end|>", "<|im_", "def f(x):\n    return x", "http://a.b/c?d=e&f", "\u0000", "\u200b", "\ufeff"]


def assigned_characters() -> list[str]:
    """All of Unicode that this Python knows, but for surrogates, which are no characters."""
    return [chr(point) for point in range(0x110000) if unicodedata.category(chr(point)) not in ("Cn", "Cs")]


def texts(seed: int) -> list[str]:
    """Every character somewhere, and mixtures of what pre-tokenizers tell apart."""
    source = random.Random(seed)
    characters = assigned_characters()
    source.shuffle(characters)
    every = ["".join(characters[start:start + 100]) for start in range(0, len(characters), 100)]
    mixed = ["".join(source.choices(PIECES, k=source.randrange(1, 20))) for _ in range(4000)]
    return every + mixed


def split_tokenizer(base: Tokenizer, digits: str, composes: bool) -> Tokenizer:
    """A tokenizer of the same vocabulary that cuts text as Llama 3 and Qwen2 do."""
    tokenizer = Tokenizer.from_str(base.to_str())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT.replace("DIGITS", digits)), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    if composes:
        tokenizer.normalizer = normalizers.NFC()
    return tokenizer


@pytest.fixture(scope="module")
def smollm2() -> Tokenizer:
    """Hugging Face's tokenizer with the vocabulary of the GGUF file."""
    checkpoint = Checkpoint(checkpoint_path())
    words = checkpoint.metadata("tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in checkpoint.metadata("tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE({word: index for index, word in enumerate(words)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    types = checkpoint.metadata("tokenizer.ggml.token_type")
    tokenizer.add_special_tokens(
        [AddedToken(word, special=True) for word, kind in zip(words, types) if kind == 3])
    return tokenizer


def check(uniference: pathlib.Path, path: pathlib.Path, expected: Tokenizer, seed: int) -> None:
    """Our tokens and our text of them, against those of the library, for each of thousands of strings."""
    samples = texts(seed)
    lines = "".join(json.dumps(text) + "\n" for text in samples)
    output = subprocess.run(
        [uniference, "tokenize", path, "--lines"], input=lines, check=True, capture_output=True, text=True).stdout
    found = [json.loads(line) for line in output.split("\n") if line]
    assert len(found) == len(samples)
    for text, ours in zip(samples, found):
        theirs = expected.encode(text).ids
        assert ours["tokens"] == theirs, (seed, text)
        assert ours["text"] == expected.decode(theirs, skip_special_tokens=True), (seed, text)


def test_the_tokenizer_of_a_gguf_file(uniference: pathlib.Path, smollm2: Tokenizer) -> None:
    assert smollm2.encode("Hi <|im_end|>").ids == ChatTokenizer(Checkpoint(checkpoint_path()))._tokenizer.encode(
        "Hi <|im_end|>").ids
    check(uniference, checkpoint_path(), smollm2, seed=1)


@pytest.mark.parametrize(("name", "digits", "composes"), [
    ("smollm2", None, False), ("llama3", r"\p{N}{1,3}", False), ("qwen2", r"\p{N}", True)])
def test_a_tokenizer_json(
        uniference: pathlib.Path, smollm2: Tokenizer, tmp_path: pathlib.Path, name: str, digits: str | None,
        composes: bool) -> None:
    tokenizer = smollm2 if digits is None else split_tokenizer(smollm2, digits, composes)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    check(uniference, tmp_path / "tokenizer.json", tokenizer, seed=len(name))
