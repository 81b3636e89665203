"""Values on their way: from tensors into shared memory, and from there into tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from torch import Tensor

from uniference import wire
from uniference.answers import Piece, ReductionTask, Result
from uniference.arena import Arena, Peers
from uniference.reductions import reduce_complex_into, reduce_into
from uniference.tensors import DATA_TYPES, Span, joined, read_elements, size_bytes, write_elements
from uniference.wire import BlockPlace


class SharedValues:
    """What this rank contributes, and what it gets of others."""

    def __init__(self, folder: str, connection: int, fake: bool, post: Callable[[bytes], None]) -> None:
        """
        Args:
            folder: the session's.
            connection: the number of the rank's connection, which names its shared memory.
            fake: whether tensors may have no values.
            post: sends the engine a frame that is not answered.
        """
        self.arena = Arena(folder, connection)
        self.peers = Peers(folder, self.arena)
        self._fake = fake
        self._post = post

    def contribute(self, tensors: Sequence[Tensor]) -> BlockPlace:
        """Copies the elements of the tensors into shared memory."""
        size = size_bytes(tensors)
        if size == 0:
            return wire.NO_BLOCK
        block = self.arena.allocate(size)
        write_elements(block.segment, block.offset_bytes, tensors)
        return BlockPlace(block.id, block.segment_number, block.offset_bytes)

    def deliver(self, result: Result, outputs: Sequence[Tensor]) -> None:
        """Fills the tensors with the values of an answer. Where it has none, they have none from now on."""
        spans = self.spans(result)
        if spans or (outputs and not self._fake):
            read_elements(outputs, spans)
        elif outputs:
            from uniference import fake

            for output in outputs:
                fake.drop_values(output)

    def spans(self, result: Result) -> list[Span]:
        """Where the values of an answer are; combines them first if the engine asks for it."""
        if isinstance(result, ReductionTask):
            return [self._reduce(result)]
        return [self._span(piece) for piece in result if isinstance(piece, Piece)] if isinstance(result, list) else []

    def _span(self, piece: Piece) -> Span:
        return Span(self.peers.segment(piece.connection, piece.segment), piece.offset_bytes, piece.size_bytes)

    def _reduce(self, task: ReductionTask) -> Span:
        dtype = DATA_TYPES[task.dtype_code]
        operands = [joined([self._span(piece) for piece in pieces], dtype) for pieces in task.contributions]
        size = task.elements * dtype.itemsize
        block = self.arena.allocate(size)
        result = block.tensor(dtype, task.elements)
        if dtype.is_complex:
            reduce_complex_into(result, operands, task.reduction, task.whole, task.start)
        else:
            reduce_into(result, operands, task.reduction, task.whole, task.start)
        self._post(wire.published(task.number, BlockPlace(block.id, block.segment_number, block.offset_bytes)))
        return Span(block.segment, block.offset_bytes, size)
