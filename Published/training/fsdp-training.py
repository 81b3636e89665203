"""Steps of training a decoder with fully sharded data parallelism. The last line has figures of the last step.

The model has the shape of MPT: norms without biases, queries, keys and values in one product, an MLP of four times the
width, tied embeddings. Weights are gathered, and gradients reduced, block by block.
"""

import argparse
import json
import os
import time

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.nn.functional import cross_entropy, gelu, linear, scaled_dot_product_attention
from torch.utils.checkpoint import checkpoint


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.first_norm, self.second_norm = (nn.LayerNorm(width, bias=False) for _ in range(2))
        self.attention, self.projection = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, values):
        batch, positions, width = values.shape
        shape = (batch, positions, self.heads, width // self.heads)
        parts = self.attention(self.first_norm(values)).chunk(3, -1)
        query, key, value = (part.view(shape).transpose(1, 2) for part in parts)
        mixed = scaled_dot_product_attention(query, key, value, is_causal=True)
        values = values + self.projection(mixed.transpose(1, 2).reshape(batch, positions, width))
        return values + self.down(gelu(self.up(self.second_norm(values))))


class Decoder(nn.Module):
    def __init__(self, vocabulary, width, layers, heads, recomputes):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width, bias=False)
        self.recomputes = recomputes

    def forward(self, tokens):
        values = self.embedding(tokens)
        for block in self.blocks:
            values = checkpoint(block, values, use_reentrant=False) if self.recomputes else block(values)
        return linear(self.norm(values), self.embedding.weight)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", type=int, required=True)
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--heads", type=int, required=True)
    parser.add_argument("--vocabulary", type=int, required=True)
    parser.add_argument("--positions", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True, help="sequences of one micro-batch on each device")
    parser.add_argument("--accumulate", type=int, default=1, help="micro-batches of one step")
    parser.add_argument("--recompute", action="store_true", help="keep no activations within a block")
    parser.add_argument("--steps", type=int, default=2)
    options = parser.parse_args()

    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl")
    with torch.device("meta"):
        model = Decoder(options.vocabulary, options.width, options.layers, options.heads, options.recompute)
    precision = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.bfloat16)
    for block in model.blocks:
        fully_shard(block, mp_policy=precision)
    fully_shard(model, mp_policy=precision)
    model.to_empty(device="cuda")
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)

    for _ in range(options.steps):
        torch.cuda.synchronize()
        start = time.perf_counter()
        for _ in range(options.accumulate):
            tokens = torch.randint(options.vocabulary, (options.batch, options.positions + 1), device="cuda")
            loss = cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
            loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        torch.cuda.synchronize()
        seconds = time.perf_counter() - start
    if dist.get_rank() == 0:
        tokens = options.accumulate * options.batch * options.positions
        print(json.dumps({"step_s": seconds, "tokens_per_second_per_device": tokens / seconds}))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
