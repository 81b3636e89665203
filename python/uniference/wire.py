"""Packing of the frames that a rank sends to the engine, as `Documentation/bridge-protocol.md` lays them down.

Nothing here knows what a frame is for. Everything is little-endian.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Sequence
from typing import NamedTuple

MAGIC = 0x46494E55
PROTOCOL = 6
LONGEST_FRAME_BYTES = 1 << 26
"""Values do not travel in frames, so none comes near it."""


class FrameKind(enum.IntEnum):
    """Kinds of frames that a rank sends."""

    HELLO = 1
    NAME = 2
    OPERATIONS = 3
    PUBLISHED = 4
    STACK = 5
    FORGET = 6
    INTERRUPTION = 7
    STREAMS = 8
    MEMORY = 9
    GROUP = 10
    COLLECTIVE = 11
    SEND = 12
    RECEIVE = 13
    WAIT = 14
    TEST = 15
    NOW = 16
    STORE = 17
    GOODBYE = 18
    PHASE = 19
    SLEEP = 20
    DECLARATION = 21
    PROGRESS = 22
    WAIT_ANY = 23
    EXPECT = 24
    EVENT = 25


class StreamCommand(enum.IntEnum):
    """What a script does with its device's streams."""

    SELECT = 0
    RECORD = 1
    WAIT = 2
    SYNCHRONIZE_STREAM = 3
    SYNCHRONIZE_EVENT = 4
    SYNCHRONIZE_DEVICE = 5
    DISPATCH = 6
    LAUNCH_GRAPH = 7
    COPY_TO_DEVICE = 8
    COPY_TO_HOST = 9
    COPY_PAGEABLE_TO_DEVICE = 10
    COPY_PAGEABLE_TO_HOST = 11


class Collective(enum.IntEnum):
    ALL_REDUCE = 0
    ALL_GATHER = 1
    REDUCE_SCATTER = 2
    REDUCE = 3
    BROADCAST = 4
    GATHER = 5
    SCATTER = 6
    ALL_TO_ALL = 7
    BARRIER = 8


class Reduction(enum.IntEnum):
    SUM = 0
    PRODUCT = 1
    MINIMUM = 2
    MAXIMUM = 3
    AVERAGE = 4
    BITWISE_AND = 5
    BITWISE_OR = 6
    BITWISE_XOR = 7


class StoreOperation(enum.IntEnum):
    SET = 0
    GET = 1
    ADD = 2
    COMPARE_SET = 3
    WAIT = 4
    CHECK = 5
    DELETE = 6
    COUNT = 7
    APPEND = 8
    LIST_KEYS = 9


ANSWERED = 1
"""Flag: the frame is answered when the operation has ended."""
NO_VALUES = 2
"""Flag: sizes only."""
NO_TIMEOUT = -1


class BlockPlace(NamedTuple):
    """Where values are in this rank's shared memory."""

    id: int
    segment: int
    offset_bytes: int


NO_BLOCK = BlockPlace(0, 0, 0)

_HEAD = struct.Struct("<IB")
_INTERVAL = struct.Struct("<qI")
_COUNT = struct.Struct("<I")
_OPERATION = struct.Struct("<IBdddB6I")
_STREAM = struct.Struct("<Bq")
_PUBLISHED = struct.Struct("<QIIQ")
_GROUP = struct.Struct("<IIIBI")
_DECLARATION = struct.Struct("<III")
_COLLECTIVE = struct.Struct("<BBBBIIIIQQ")
_BLOCK = struct.Struct("<IIQ")
_SEND = struct.Struct("<BBIIIiQIIQ")
_RECEIVE = struct.Struct("<BBIIiiQ")
_WAIT = struct.Struct("<Iq")
_WAIT_ANY = struct.Struct("<IIqI")
_LONG = struct.Struct("<q")


def frame(kind: FrameKind, *body: bytes) -> bytes:
    """A whole frame of the parts of its body."""
    rest = b"".join(body)
    if len(rest) >= LONGEST_FRAME_BYTES:
        raise ValueError(
            f"what is to be told the engine takes {len(rest)} bytes, more than the {LONGEST_FRAME_BYTES} of a message; "
            f"a store holds small values, tensors travel by collectives"
        )
    return _HEAD.pack(len(rest) + 1, kind) + rest


def interval(computed_ns: int, site: int) -> bytes:
    """What the body of every frame that moves the rank's clock begins with."""
    return _INTERVAL.pack(computed_ns, site)


def string(text: str | bytes) -> bytes:
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return _COUNT.pack(len(data)) + data


def strings(texts: Sequence[str]) -> bytes:
    return _COUNT.pack(len(texts)) + b"".join(string(text) for text in texts)


def longs(values: Sequence[int]) -> bytes:
    return struct.pack(f"<I{len(values)}q", len(values), *values)


def hello(token: bytes, pid: int, rank: int, world_size: int, world: str, torch_version: str) -> bytes:
    head = struct.pack("<IH32sIii", MAGIC, PROTOCOL, token, pid, rank, world_size)
    return frame(FrameKind.HELLO, head, string(world), string(torch_version))


def name(name_id: int, text: str) -> bytes:
    return frame(FrameKind.NAME, _COUNT.pack(name_id), string(text))


def operations(entries: Sequence[tuple[int, int, float, float, float, Sequence[int]]]) -> bytes:
    """Entries: name, dtype code, FLOPs, bytes read, bytes written, and the kernel's kind and six sizes."""
    packed = (_OPERATION.pack(*entry, *shape) for *entry, shape in entries)
    return frame(FrameKind.OPERATIONS, _COUNT.pack(len(entries)), *packed)


def streams(commands: Sequence[tuple[int, int]]) -> bytes:
    """Commands of `StreamCommand` and what they are about: a stream or an event."""
    packed = (_STREAM.pack(*command) for command in commands)
    return frame(FrameKind.STREAMS, _COUNT.pack(len(commands)), *packed)


def memory(uses: Sequence[tuple[str, int]]) -> bytes:
    """What the device's memory held at its peak: kinds of tensors and their bytes."""
    packed = (string(label) + _LONG.pack(size) for label, size in uses)
    return frame(FrameKind.MEMORY, _COUNT.pack(len(uses)), *packed)


def published(reduction: int, block: BlockPlace) -> bytes:
    return frame(FrameKind.PUBLISHED, _PUBLISHED.pack(reduction, *block))


def stack(text: str) -> bytes:
    return frame(FrameKind.STACK, string(text))


def forget(handle: int) -> bytes:
    return frame(FrameKind.FORGET, _COUNT.pack(handle))


def group(
    since: bytes, number: int, name_id: int, initialization_id: int, library: int, world_ranks: Sequence[int]
) -> bytes:
    fixed = _GROUP.pack(number, name_id, initialization_id, library, len(world_ranks))
    return frame(FrameKind.GROUP, since, fixed, struct.pack(f"<{len(world_ranks)}I", *world_ranks))


def declaration(site: int, operation_id: int, key_id: int, arguments_id: int) -> bytes:
    return frame(FrameKind.DECLARATION, interval(0, site), _DECLARATION.pack(operation_id, key_id, arguments_id))


class CollectiveCall(NamedTuple):
    """A collective as a member calls it. Counts are elements; no counts stand for equal blocks."""

    operation: Collective
    name: str
    reduction: Reduction = Reduction.SUM
    dtype_code: int = 0
    root: int = 0
    elements: int = 0
    result_count: int = 0
    shape: Sequence[int] = ()
    send_counts: Sequence[int] = ()
    receive_counts: Sequence[int] = ()
    timeout_ns: int = NO_TIMEOUT


def collective(
    since: bytes, call: CollectiveCall, name_id: int, flags: int, group_number: int, handle: int, block: BlockPlace
) -> bytes:
    fixed = _COLLECTIVE.pack(
        flags, call.operation, call.reduction, call.dtype_code, group_number, handle, call.root, name_id, call.elements,
        call.result_count,
    )  # fmt: skip
    return frame(
        FrameKind.COLLECTIVE, since, fixed, longs(call.shape), longs(call.send_counts), longs(call.receive_counts),
        _BLOCK.pack(*block), _LONG.pack(call.timeout_ns),
    )  # fmt: skip


class MessageCall(NamedTuple):
    """A message to or from another member of the group; a source of -1 stands for any."""

    dtype_code: int
    peer: int
    tag: int
    elements: int


def send(since: bytes, call: MessageCall, flags: int, group_number: int, handle: int, block: BlockPlace) -> bytes:
    fixed = _SEND.pack(flags, call.dtype_code, group_number, handle, call.peer, call.tag, call.elements, *block)
    return frame(FrameKind.SEND, since, fixed)


def receive(since: bytes, call: MessageCall, flags: int, group_number: int, handle: int) -> bytes:
    fixed = _RECEIVE.pack(flags, call.dtype_code, group_number, handle, call.peer, call.tag, call.elements)
    return frame(FrameKind.RECEIVE, since, fixed)


def wait(since: bytes, handle: int, timeout_ns: int) -> bytes:
    return frame(FrameKind.WAIT, since, _WAIT.pack(handle, timeout_ns))


def test(since: bytes, handle: int) -> bytes:
    return frame(FrameKind.TEST, since, _COUNT.pack(handle))


def now(since: bytes) -> bytes:
    return frame(FrameKind.NOW, since)


def event(since: bytes, event_id: int) -> bytes:
    return frame(FrameKind.EVENT, since, _LONG.pack(event_id))


def sleep(since: bytes, duration_ns: int) -> bytes:
    return frame(FrameKind.SLEEP, since, _LONG.pack(duration_ns))


def progress(since: bytes) -> bytes:
    return frame(FrameKind.PROGRESS, since)


def wait_any(since: bytes, number: int, called: int, timeout_ns: int, handles: Sequence[int]) -> bytes:
    fixed = _WAIT_ANY.pack(number, called, timeout_ns, len(handles))
    return frame(FrameKind.WAIT_ANY, since, fixed, struct.pack(f"<{len(handles)}I", *handles))


def interruption(number: int) -> bytes:
    return frame(FrameKind.INTERRUPTION, _COUNT.pack(number))


def expect(since: bytes, handle: int, namespace: str, keys: Sequence[str]) -> bytes:
    return frame(FrameKind.EXPECT, since, _COUNT.pack(handle), string(namespace), strings(keys))


class StoreCall(NamedTuple):
    """An access to the key-value store."""

    operation: StoreOperation
    namespace: str
    keys: Sequence[str] = ()
    value: bytes = b""
    expected: bytes = b""
    delta: int = 0
    timeout_ns: int = NO_TIMEOUT


def store(since: bytes, call: StoreCall) -> bytes:
    return frame(
        FrameKind.STORE, since, bytes([call.operation]), string(call.namespace), strings(call.keys),
        string(call.value), string(call.expected), _LONG.pack(call.delta), _LONG.pack(call.timeout_ns),
    )  # fmt: skip


def phase(since: bytes, name_id: int) -> bytes:
    return frame(FrameKind.PHASE, since, _COUNT.pack(name_id))


def goodbye(since: bytes, exit_code: int, reason: str) -> bytes:
    return frame(FrameKind.GOODBYE, since, struct.pack("<i", exit_code), string(reason))
