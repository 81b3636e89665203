"""What transformers takes for the tokens between a short and a long answer, greedily, one thread: JSON on stdout."""

from __future__ import annotations

import json
import pathlib
import sys
import time

import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "Examples" / "pytorch"))

from smollm2.checkpoint import Checkpoint, checkpoint_path
from smollm2.comparison import reference_model
from smollm2.text import ChatTokenizer


def main() -> None:
    prompt, short, long = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(1)
    checkpoint = Checkpoint(checkpoint_path())
    model = reference_model(checkpoint)
    tokens = torch.tensor([ChatTokenizer(checkpoint).encode_chat(prompt)])
    # A plain loop, which is faster than generate(): nothing but the model and the choice of the likeliest token.
    with torch.inference_mode():
        output = model(tokens, use_cache=True, logits_to_keep=1)
        for step in range(1, long):
            if step == short:
                cpu, wall = time.process_time(), time.perf_counter()
            tokens = output.logits[:, -1:].argmax(-1)
            output = model(tokens, past_key_values=output.past_key_values, use_cache=True)
    print(json.dumps({"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}))


if __name__ == "__main__":
    main()
