"""Trains a transformer of 6.6 billion parameters with FSDP2, as it is trained on GPUs. Prints each step's throughput.

Nothing here knows of a simulation:

    torchrun --nproc-per-node 8 Examples/pytorch/fsdp.py                                            # on eight GPUs
    uniference run -n 8 --cluster Examples/eight-h100.yaml --gpu --fake Examples/pytorch/fsdp.py    # on a laptop
"""

import argparse
import os
import time

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.nn.functional import cross_entropy, scaled_dot_product_attention, silu


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.first_norm, self.second_norm = nn.RMSNorm(width), nn.RMSNorm(width)
        self.attention, self.projection = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.gate, self.up = (nn.Linear(width, 11 * width // 4, bias=False) for _ in range(2))
        self.down = nn.Linear(11 * width // 4, width, bias=False)

    def forward(self, values):
        batch, positions, width = values.shape
        shape = (batch, positions, self.heads, width // self.heads)
        parts = self.attention(self.first_norm(values)).chunk(3, -1)
        query, key, value = (part.view(shape).transpose(1, 2) for part in parts)
        mixed = scaled_dot_product_attention(query, key, value, is_causal=True)
        values = values + self.projection(mixed.transpose(1, 2).reshape(batch, positions, width))
        normed = self.second_norm(values)
        return values + self.down(silu(self.gate(normed)) * self.up(normed))


class Transformer(nn.Module):
    def __init__(self, vocabulary, width, layers, heads):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(layers))
        self.norm, self.output = nn.RMSNorm(width), nn.Linear(width, vocabulary, bias=False)

    def forward(self, tokens):
        values = self.embedding(tokens)
        for block in self.blocks:
            values = block(values)
        return self.output(self.norm(values))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--vocabulary", type=int, default=32000)
    parser.add_argument("--positions", type=int, default=4096)
    parser.add_argument("--batch", type=int, default=1, help="sequences on each GPU")
    parser.add_argument("--steps", type=int, default=3)
    options = parser.parse_args()

    torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("nccl")
    torch.manual_seed(0)
    with torch.device("meta"):
        model = Transformer(options.vocabulary, options.width, options.layers, options.width // 128)
    precision = MixedPrecisionPolicy(param_dtype=torch.bfloat16, reduce_dtype=torch.float32)
    for block in model.blocks:
        fully_shard(block, mp_policy=precision)
    fully_shard(model, mp_policy=precision)
    model.to_empty(device="cuda")
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=0.02)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4, fused=True)
    if dist.get_rank() == 0:
        print(f"{sum(parameter.numel() for parameter in model.parameters()) / 1e9:.2f} billion parameters")

    for step in range(options.steps):
        torch.cuda.synchronize()
        start = time.perf_counter()
        tokens = torch.randint(options.vocabulary, (options.batch, options.positions + 1), device="cuda")
        loss = cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        torch.cuda.synchronize()
        seconds = time.perf_counter() - start
        if dist.get_rank() == 0:
            memory = torch.cuda.max_memory_allocated() / 2**30
            rate = options.batch * options.positions / seconds
            print(f"step {step}: {rate:,.0f} tokens/s on each GPU, {memory:.1f} GiB")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
