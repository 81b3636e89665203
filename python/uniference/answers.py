"""Unpacking of the frames that the engine sends to a rank, as `Documentation/bridge-protocol.md` lays them down.

Whatever the bytes are, :func:`answer` gives an answer or raises :class:`ProtocolError`.
"""

from __future__ import annotations

import enum
import struct
from typing import NamedTuple

from uniference.wire import Reduction


class ProtocolError(ValueError):
    """The engine has sent what this protocol does not have."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"protocol error: {problem}; are engine and package of one version?")


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
    sleep_overshoot_ns: int


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


def asks_for_stack(data: bytes) -> bool:
    """Whether a frame is the engine's question where the script is, which may come before an answer."""
    return data[:1] == b"\x05"


def answer(data: bytes, is_receive: bool = False) -> Answer:
    """Unpacks a frame of the engine without its length. ``is_receive``: the answer has a message's source and tag."""
    try:
        unpacked, end = _unpacked(data, is_receive)
    except ProtocolError:
        raise
    except (struct.error, IndexError, ValueError) as error:
        raise ProtocolError(f"a frame of {len(data)} bytes ends early or has an unknown number ({error})") from error
    if end != len(data):
        raise ProtocolError(f"a frame of kind {data[0]} has {len(data)} bytes, it should have {end}")
    return unpacked


def _unpacked(data: bytes, is_receive: bool) -> tuple[Answer, int]:
    kind = data[0]
    if kind == 2:
        return _done(data, is_receive)
    if kind == 3:
        now_ps, released, position = _head(data)
        category = FailureCategory(data[position])
        message, end = _bytes(data, position + 1)
        return Failed(now_ps, released, category, message.decode("utf-8", "replace")), end
    if kind == 5:
        return ReportStack(), 1
    if kind == 1:
        values = _WELCOME.unpack_from(data, 1)
        return Welcome._make((*values[:5], bool(values[5]), bool(values[6]), *values[7:])), 1 + _WELCOME.size
    raise ProtocolError(f"a frame of kind {kind}; this rank knows 1, 2, 3 and 5")


def _head(data: bytes) -> tuple[int, tuple[int, ...], int]:
    now_ps, count = _ANSWER.unpack_from(data, 1)
    if not count:
        return now_ps, (), 13
    _require(data, 13, 4 * count)
    return now_ps, struct.unpack_from(f"<{count}I", data, 13), 13 + 4 * count


def _require(data: bytes, position: int, count: int) -> None:
    if len(data) - position < count:
        raise ProtocolError(f"a frame of {len(data)} bytes ends early: {count} bytes should come at byte {position}")


def _done(data: bytes, is_receive: bool) -> tuple[Done, int]:
    now_ps, released, position = _head(data)
    kind = data[position]
    position += 1
    source, tag = -1, 0
    if is_receive:
        source, tag = _RECEIVED.unpack_from(data, position)
        position += _RECEIVED.size
    result, end = _result(kind, data, position)
    return Done(now_ps, released, result, source, tag), end


def _result(kind: int, data: bytes, position: int) -> tuple[Result, int]:
    if kind == 0:
        return None, position
    if kind == 1:
        return _pieces(data, position)
    if kind == 2:
        return _reduction(data, position)
    if kind == 3:
        return data[position] != 0, position + 1
    if kind == 4:
        return int(_LONG.unpack_from(data, position)[0]), position + _LONG.size
    if kind == 5:
        return _bytes(data, position)
    if kind == 6:
        return _strings(data, position)
    raise ProtocolError(f"a result of kind {kind}; this rank knows 0 to 6")


def _pieces(data: bytes, position: int) -> tuple[list[Piece], int]:
    (count,) = _COUNT.unpack_from(data, position)
    start, end = position + 4, position + 4 + count * _PIECE.size
    _require(data, start, end - start)
    return [Piece._make(values) for values in _PIECE.iter_unpack(data[start:end])], end


def _reduction(data: bytes, position: int) -> tuple[ReductionTask, int]:
    number, operator, dtype_code, whole, start, count, members = _REDUCTION.unpack_from(data, position)
    position += _REDUCTION.size
    # The pieces of each member take four bytes at least.
    _require(data, position, 4 * members)
    contributions = []
    for _ in range(members):
        pieces, position = _pieces(data, position)
        contributions.append(pieces)
    return ReductionTask(number, Reduction(operator), dtype_code, whole, start, count, contributions), position


def _bytes(data: bytes, position: int) -> tuple[bytes, int]:
    (length,) = _COUNT.unpack_from(data, position)
    _require(data, position + 4, length)
    end = position + 4 + length
    return data[position + 4 : end], end


def _strings(data: bytes, position: int) -> tuple[list[str], int]:
    (count,) = _COUNT.unpack_from(data, position)
    position += 4
    _require(data, position, 4 * count)
    texts = []
    for _ in range(count):
        text, position = _bytes(data, position)
        texts.append(text.decode("utf-8", "replace"))
    return texts, position
