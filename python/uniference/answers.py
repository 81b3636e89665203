"""Unpacking of the frames that the engine sends to a rank, as `Documentation/bridge-protocol.md` lays them down."""

from __future__ import annotations

import enum
import struct
from typing import NamedTuple

from uniference.wire import Reduction


class FailureCategory(enum.IntEnum):
    """Why the engine refuses: the call is wrong, it has timed out, or the run is over."""

    ERROR = 0
    TIME_OUT = 1
    RUN_ENDED = 2


class Piece(NamedTuple):
    """Consecutive bytes in somebody's shared memory."""

    connection: int
    segment: int
    offset_bytes: int
    size_bytes: int


class ReductionTask(NamedTuple):
    """Contributions for this rank to combine: ``elements`` of them from ``start`` on, of a buffer of ``whole``."""

    number: int
    reduction: Reduction
    dtype_code: int
    whole: int
    start: int
    elements: int
    contributions: list[list[Piece]]


Result = list[Piece] | ReductionTask | bool | int | bytes | list[str] | None


class Welcome(NamedTuple):
    """What the engine tells a rank that joins. ``scale``: speed of the device, 0 if the engine has to be asked."""

    protocol: int
    connection: int
    rank: int
    world_size: int
    compute: int
    fake: bool
    real_clock: bool
    scale: float
    now_ps: int
    epoch_ns: int
    oversleep_ns: int


class Done(NamedTuple):
    """The answer to what went well. ``source`` and ``tag`` are those of a message that was received."""

    now_ps: int
    released: tuple[int, ...]
    result: Result
    source: int = -1
    tag: int = 0


class Failed(NamedTuple):
    """The answer to what did not."""

    now_ps: int
    released: tuple[int, ...]
    category: FailureCategory
    message: str


class ReportStack(NamedTuple):
    """The engine wants to know where the script is."""


Answer = Welcome | Done | Failed | ReportStack

_COUNT = struct.Struct("<I")
_LONG = struct.Struct("<q")
_WELCOME = struct.Struct("<HIIIBBBdqqq")
_ANSWER = struct.Struct("<qI")
_RECEIVED = struct.Struct("<ii")
_PIECE = struct.Struct("<IIQQ")
_REDUCTION = struct.Struct("<QBBQQQI")


def answer(data: bytes, is_receive: bool = False) -> Answer:
    """Unpacks a frame of the engine without its length. ``is_receive``: the answer has a message's source and tag.

    Raises ``ValueError`` for a kind that this protocol does not have.
    """
    kind = data[0]
    if kind == 2:
        return _done(data, is_receive)
    if kind == 3:
        now_ps, released, position = _head(data)
        return Failed(now_ps, released, FailureCategory(data[position]), _string(data, position + 1)[0])
    if kind == 5:
        return ReportStack()
    if kind == 1:
        values = _WELCOME.unpack_from(data, 1)
        return Welcome._make((*values[:5], bool(values[5]), bool(values[6]), *values[7:]))
    raise ValueError(f"the engine sent a frame of kind {kind}; this rank knows 1, 2, 3 and 5: are both of one version?")


def _head(data: bytes) -> tuple[int, tuple[int, ...], int]:
    now_ps, count = _ANSWER.unpack_from(data, 1)
    released = struct.unpack_from(f"<{count}I", data, 13) if count else ()
    return now_ps, released, 13 + 4 * count


def _done(data: bytes, is_receive: bool) -> Done:
    now_ps, released, position = _head(data)
    kind = data[position]
    position += 1
    source, tag = -1, 0
    if is_receive:
        source, tag = _RECEIVED.unpack_from(data, position)
        position += 8
    return Done(now_ps, released, _result(kind, data, position), source, tag)


def _result(kind: int, data: bytes, position: int) -> Result:
    if kind == 0:
        return None
    if kind == 1:
        return _pieces(data, position)[0]
    if kind == 2:
        return _reduction(data, position)
    if kind == 3:
        return data[position] != 0
    if kind == 4:
        return int(_LONG.unpack_from(data, position)[0])
    if kind == 5:
        (length,) = _COUNT.unpack_from(data, position)
        return data[position + 4 : position + 4 + length]
    if kind == 6:
        return _strings(data, position)
    raise ValueError(f"the engine sent a result of kind {kind}; this rank knows 0 to 6: are both of one version?")


def _pieces(data: bytes, position: int) -> tuple[list[Piece], int]:
    (count,) = _COUNT.unpack_from(data, position)
    start, end = position + 4, position + 4 + count * _PIECE.size
    return [Piece._make(values) for values in _PIECE.iter_unpack(data[start:end])], end


def _reduction(data: bytes, position: int) -> ReductionTask:
    number, operator, dtype_code, whole, start, count, members = _REDUCTION.unpack_from(data, position)
    position += _REDUCTION.size
    contributions = []
    for _ in range(members):
        pieces, position = _pieces(data, position)
        contributions.append(pieces)
    return ReductionTask(number, Reduction(operator), dtype_code, whole, start, count, contributions)


def _string(data: bytes, position: int) -> tuple[str, int]:
    (length,) = _COUNT.unpack_from(data, position)
    end = position + 4 + length
    return data[position + 4 : end].decode("utf-8", "replace"), end


def _strings(data: bytes, position: int) -> list[str]:
    (count,) = _COUNT.unpack_from(data, position)
    position += 4
    texts = []
    for _ in range(count):
        text, position = _string(data, position)
        texts.append(text)
    return texts
