"""Shared memory of ranks: blocks do not overlap, are used again, and others read what was written."""

from __future__ import annotations

import os
import stat

import pytest
import torch
from uniference.arena import SEGMENT_BYTES, Arena, Peers, size_class
from uniference.tensors import Span, joined, read_elements, write_elements


def test_blocks_do_not_overlap(tmp_path):
    arena = Arena(str(tmp_path), connection=3)
    sizes = [1, 255, 256, 257, 5000, 1 << 20, 3 << 20, 17]
    blocks = [arena.allocate(size) for size in sizes]
    for value, block in enumerate(blocks):
        block.tensor(torch.uint8, block.size_bytes).fill_(value)

    for value, (size, block) in enumerate(zip(sizes, blocks)):
        assert block.size_bytes >= size
        assert bool((block.tensor(torch.uint8, block.size_bytes) == value).all())


def test_a_released_block_is_used_again(tmp_path):
    arena = Arena(str(tmp_path), connection=0)
    first = arena.allocate(1000)
    second = arena.allocate(1000)
    arena.release(first.id)

    assert arena.allocate(990).offset_bytes == first.offset_bytes
    assert arena.allocate(1000).offset_bytes not in (first.offset_bytes, second.offset_bytes)


def test_a_block_larger_than_a_segment_gets_one_of_its_own(tmp_path):
    arena = Arena(str(tmp_path), connection=0)
    small = arena.allocate(10)
    large = arena.allocate(SEGMENT_BYTES + 1)

    assert (small.segment_number, large.segment_number) == (0, 1)
    assert sorted(os.listdir(tmp_path)) == ["0-0", "0-1"]


def test_segments_are_private_and_never_somebody_elses(tmp_path):
    arena = Arena(str(tmp_path), connection=7)
    arena.allocate(10)
    assert stat.S_IMODE(os.stat(tmp_path / "7-0").st_mode) == 0o600

    with pytest.raises(FileExistsError):
        Arena(str(tmp_path), connection=7).allocate(10)


def test_a_peer_reads_what_the_owner_has_written(tmp_path):
    owner = Arena(str(tmp_path), connection=0)
    reader = Peers(str(tmp_path), Arena(str(tmp_path), connection=1))
    values = [torch.arange(5, dtype=torch.float32), torch.arange(12, dtype=torch.float32).view(3, 4).t()]
    block = owner.allocate(17 * 4)
    write_elements(block.segment, block.offset_bytes, values)

    segment = reader.segment(0, block.segment_number)
    spans = [Span(segment, block.offset_bytes, 24), Span(segment, block.offset_bytes + 24, 44)]
    received = [torch.empty(2), torch.empty(3, 5).t()]
    read_elements(received, spans)

    expected = torch.cat([value.reshape(-1) for value in values])
    assert torch.equal(torch.cat([tensor.reshape(-1) for tensor in received]), expected)
    assert torch.equal(joined(spans, torch.float32), expected)
    assert reader.segment(0, 0) is segment


def test_a_result_of_another_size_is_refused(tmp_path):
    arena = Arena(str(tmp_path), connection=0)
    block = arena.allocate(100)
    with pytest.raises(RuntimeError, match="16 bytes, but its tensors take 20"):
        read_elements([torch.empty(5)], [Span(block.segment, block.offset_bytes, 16)])


@pytest.mark.parametrize("size", [1, 256, 1000, 1025, 4096, 4097, 999_999, 64 << 20])
def test_size_classes_waste_at_most_a_quarter(size):
    assert size <= size_class(size) <= max(1.25 * size, size + 256)
