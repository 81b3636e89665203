"""The rank's shared memory: blocks that it fills and others read, and the blocks of others."""

from __future__ import annotations

import errno
import mmap
import os
from typing import NamedTuple

import torch
from torch import Tensor

SEGMENT_BYTES = 64 << 20
"""Size of a segment unless a block needs more. Memory is taken only as blocks are first used."""

RESERVED_AT_ONCE_BYTES = 1 << 20
"""The system is asked for memory in steps of this, when a block is made that was not there before."""

SMALLEST_BLOCK_BYTES = 256
"""Blocks begin at multiples of this, so that no two share a cache line and every dtype is aligned."""


class Segment:
    """A mapped file of shared memory."""

    def __init__(self, path: str, size: int | None = None) -> None:
        """Makes the file with ``size`` bytes, or opens it as it is if that is not given."""
        flags = os.O_RDWR | os.O_CLOEXEC if size is None else os.O_RDWR | os.O_CLOEXEC | os.O_CREAT | os.O_EXCL
        self.descriptor = os.open(path, flags, 0o600)
        if size is not None:
            os.ftruncate(self.descriptor, size)
        self.size = os.fstat(self.descriptor).st_size
        self.mapping = mmap.mmap(self.descriptor, self.size)
        self.address: int = torch.frombuffer(self.mapping, dtype=torch.uint8).data_ptr()

    def tensor(self, offset_bytes: int, dtype: torch.dtype, count: int) -> Tensor:
        """``count`` elements from ``offset_bytes`` on, as a 1-D tensor that shares the memory."""
        if count == 0:
            return torch.empty(0, dtype=dtype, device="cpu")
        return torch.frombuffer(self.mapping, dtype=dtype, count=count, offset=offset_bytes)


class Block(NamedTuple):
    """Memory of this rank that others may be told of."""

    id: int
    segment_number: int
    offset_bytes: int
    size_bytes: int
    segment: Segment

    @property
    def address(self) -> int:
        return self.segment.address + self.offset_bytes

    def tensor(self, dtype: torch.dtype, count: int) -> Tensor:
        """Its first ``count`` elements as a 1-D tensor that shares the memory."""
        return self.segment.tensor(self.offset_bytes, dtype, count)


class Arena:
    """Blocks in segments of this rank's own. A block that has been released is used again for the next of its size."""

    def __init__(self, folder: str, connection: int) -> None:
        self.folder = folder
        self.connection = connection
        self.segments: list[Segment] = []
        self.used_bytes = 0
        self.reserved_bytes = 0
        self.next_id = 1
        self.blocks: dict[int, Block] = {}
        self.free: dict[int, list[Block]] = {}

    def allocate(self, size_bytes: int) -> Block:
        """A block of at least ``size_bytes``, which is this rank's until it is released.

        Raises ``MemoryError`` if the system has no more shared memory.
        """
        size = size_class(size_bytes)
        free = self.free.get(size)
        block = free.pop() if free else self.make(size)
        self.blocks[block.id] = block
        return block

    def release(self, block_id: int) -> None:
        """Takes the block back: nobody needs its contents any more."""
        block = self.blocks.pop(block_id)
        self.free.setdefault(block.size_bytes, []).append(block)

    def make(self, size: int) -> Block:
        """A block that was not there before, at the end of the newest segment."""
        if not self.segments or self.used_bytes + size > self.segments[-1].size:
            self.add_segment(max(SEGMENT_BYTES, size))
        segment = self.segments[-1]
        self.reserve(segment, self.used_bytes + size)
        block = Block(self.next_id, len(self.segments) - 1, self.used_bytes, size, segment)
        self.next_id += 1
        self.used_bytes += size
        return block

    def add_segment(self, size: int) -> None:
        self.segments.append(Segment(segment_path(self.folder, self.connection, len(self.segments)), size))
        self.used_bytes = self.reserved_bytes = 0

    def reserve(self, segment: Segment, end: int) -> None:
        """Has the system provide the memory now: a page that it cannot provide later would kill the process."""
        if end <= self.reserved_bytes or not hasattr(os, "posix_fallocate"):
            return
        end = min(-(-end // RESERVED_AT_ONCE_BYTES) * RESERVED_AT_ONCE_BYTES, segment.size)
        try:
            os.posix_fallocate(segment.descriptor, self.reserved_bytes, end - self.reserved_bytes)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            raise MemoryError(
                f"{os.path.dirname(self.folder)} has no room for {end - self.reserved_bytes} more bytes of memory, "
                f"through which ranks exchange tensors; enlarge it (mount -o remount,size=...) or use fewer ranks"
            ) from error
        self.reserved_bytes = end


class Peers:
    """Everybody's segments, this rank's among them, mapped when they are first looked at. Only their owners write."""

    def __init__(self, folder: str, arena: Arena) -> None:
        self.folder = folder
        self.arena = arena
        self.segments: dict[tuple[int, int], Segment] = {}

    def segment(self, connection: int, number: int) -> Segment:
        if connection == self.arena.connection:
            return self.arena.segments[number]
        segment = self.segments.get((connection, number))
        if segment is None:
            segment = self.segments[connection, number] = Segment(segment_path(self.folder, connection, number))
        return segment


def segment_path(folder: str, connection: int, number: int) -> str:
    """Where a segment is, by the number of the connection that owns it and its own."""
    return os.path.join(folder, f"{connection}-{number}")


def size_class(size_bytes: int) -> int:
    """The size of the blocks that serve for ``size_bytes``: four steps for each doubling, at most a quarter more."""
    if size_bytes <= 4 * SMALLEST_BLOCK_BYTES:
        return max(1, -(-size_bytes // SMALLEST_BLOCK_BYTES)) * SMALLEST_BLOCK_BYTES
    step = 1 << ((size_bytes - 1).bit_length() - 3)
    return -(-size_bytes // step) * step
