"""From text to tokens and back, by the vocabulary in the checkpoint."""

from __future__ import annotations

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from .checkpoint import Checkpoint


class ChatTokenizer:
    """The byte-pair encoding of SmolLM2 with its template of a chat."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        words = checkpoint.metadata("tokenizer.ggml.tokens")
        merges = [tuple(merge.split(" ")) for merge in checkpoint.metadata("tokenizer.ggml.merges")]
        tokenizer = Tokenizer(models.BPE({word: index for index, word in enumerate(words)}, merges))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
        tokenizer.decoder = decoders.ByteLevel()
        types = checkpoint.metadata("tokenizer.ggml.token_type")
        control = [word for word, kind in zip(words, types) if kind == 3]
        tokenizer.add_special_tokens([AddedToken(word, special=True) for word in control])
        self._tokenizer = tokenizer
        self.end_of_text: int = checkpoint.metadata("tokenizer.ggml.eos_token_id")

    def encode_chat(self, prompt: str) -> list[int]:
        """A user's message, and the beginning of the answer."""
        text = (
            "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
            f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n")
        return self._tokenizer.encode(text).ids

    def decode(self, tokens: list[int]) -> str:
        """The text without control tokens."""
        return self._tokenizer.decode(tokens, skip_special_tokens=True)
