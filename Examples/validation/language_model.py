"""SmolLM2-135M-Instruct from a question to an answer, timed.

    torchrun --nproc-per-node 2 Examples/validation/language_model.py --strategy pipeline
    uniference run -n 2 --cluster Examples/four-jetsons.yaml Examples/validation/language_model.py --strategy pipeline
"""

from __future__ import annotations

import argparse
import pathlib
import sys

import torch
import torch.distributed as dist
from timing import report

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "pytorch"))

from smollm2.checkpoint import Checkpoint, checkpoint_path
from smollm2.strategies import STRATEGIES
from smollm2.text import ChatTokenizer

STAGGER_S = 1e-3
PROMPT = "Why is the sky blue, and why does it turn red when the sun sets? Answer in two short sentences."


def main() -> None:
    """Times the prompt's pass, and an answer of several tokens with it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strategy", choices=sorted(STRATEGIES), default="pipeline")
    parser.add_argument("--tokens", type=int, default=8, help="tokens of the answer")
    parser.add_argument("--repetitions", type=int, default=7)
    options = parser.parse_args()
    dist.init_process_group("gloo")
    checkpoint = Checkpoint(checkpoint_path())
    prompt = ChatTokenizer(checkpoint).encode_chat(PROMPT)

    def answer(count: int) -> None:
        model.forget()
        new, position = prompt, 0
        for _ in range(count):
            token = model.next_token(new, position)
            position += len(new)
            new = [token]

    with torch.inference_mode():
        model = STRATEGIES[options.strategy](checkpoint, len(prompt) + options.tokens)
        report(f"SmolLM2, {options.strategy}, first token", lambda: answer(1), options.repetitions,
               stagger_s=STAGGER_S, meets=True)
        report(f"SmolLM2, {options.strategy}, {options.tokens} tokens", lambda: answer(options.tokens),
               options.repetitions, stagger_s=STAGGER_S, meets=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
