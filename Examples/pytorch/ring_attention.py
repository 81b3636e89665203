"""Ring attention (Liu et al., arXiv 2310.01889): keys and values travel round a ring while their owners compute.

    torchrun --nproc-per-node 4 Examples/pytorch/ring_attention.py
    uniference run -n 4 --cluster Examples/four-jetsons.yaml Examples/pytorch/ring_attention.py

Every rank has a block of the sequence. In each step it sends the block of keys and values that it has just used to the
next rank, receives one from the rank before, and meanwhile attends to the block at hand. The blocks' results are
combined by their log-sum-exp, as in FlashAttention.
"""

from __future__ import annotations

import time

import torch
import torch.distributed as dist

HEADS, ROWS_PER_RANK, HEAD_SIZE = 4, 64, 32


def attend(query: torch.Tensor, block: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention to one block, and the logarithm of the sum of its weights, by which blocks are combined."""
    key, value = block
    scores = query @ key.transpose(1, 2) / HEAD_SIZE**0.5
    return scores.softmax(-1) @ value, scores.logsumexp(-1, keepdim=True)


def ring_attention(query: torch.Tensor, block: torch.Tensor) -> torch.Tensor:
    """Attention of this rank's rows to everybody's ``block`` [key or value, head, row, element]."""
    rank, size = dist.get_rank(), dist.get_world_size()
    output, weight = torch.zeros_like(query), torch.full((*query.shape[:2], 1), -torch.inf)
    for step in range(size):
        arriving, requests = torch.empty_like(block), []
        if step < size - 1:
            requests = dist.batch_isend_irecv([
                dist.P2POp(dist.isend, block, (rank + 1) % size), dist.P2POp(dist.irecv, arriving, (rank - 1) % size)])
        partial, partial_weight = attend(query, block)
        total = torch.logaddexp(weight, partial_weight)
        output = output * (weight - total).exp() + partial * (partial_weight - total).exp()
        weight = total
        for request in requests:
            request.wait()
        block = arriving
    return output


def main() -> None:
    """Runs on every rank."""
    dist.init_process_group("gloo")
    rank, size = dist.get_rank(), dist.get_world_size()
    torch.manual_seed(7)
    query, key, value = torch.randn(3, HEADS, size * ROWS_PER_RANK, HEAD_SIZE)
    own = slice(rank * ROWS_PER_RANK, (rank + 1) * ROWS_PER_RANK)

    start = time.perf_counter()
    output = ring_attention(query[:, own], torch.stack((key[:, own], value[:, own])))
    seconds = time.perf_counter() - start

    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value)[:, own]
    torch.testing.assert_close(output, expected)
    print(f"rank {rank}: attention of rows {own.start} to {own.stop - 1} took {seconds * 1e3:.3f} ms")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
