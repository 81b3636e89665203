"""Documentation/bridge-protocol.md describes the protocol once: both implementations are held against it.

What the page says is read from its tables. Python's frames are made and decoded as the page says; of the Swift sources
the numbers and the order in which fields are read are compared.
"""

import enum
import pathlib
import re
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from uniference import answers, wire
from uniference.launching import control
from uniference.wire import BlockPlace, CollectiveCall, FrameKind, MessageCall, StoreCall

ROOT = pathlib.Path(__file__).parents[3]
PAGE = (ROOT / "Documentation/bridge-protocol.md").read_text()
SWIFT = {path.name: path.read_text() for path in (ROOT / "Sources/PyTorchBridge").rglob("*.swift")}
FROM_RANK, FROM_ENGINE = PAGE.split("### From rank to engine")[1].split("### From engine to rank")
FORMATS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i32": "i", "i64": "q", "f64": "d"}


def rows(section: str) -> dict[str, tuple[int, bool, str]]:
    """The frames of a table by name: number, whether an interval comes first, body."""
    found = re.findall(r"^\| (\d+) ([*?]*) ?\| ([a-z ]+) \| (.*) \|$", section, re.MULTILINE)
    return {name: (int(number), "*" in marks, body) for number, marks, name, body in found}


def launcher_frames() -> dict[str, int]:
    found = re.findall(r"\*([a-z ]+)\*\s*\(?,?\s*(\d+)[):]", PAGE.split("## Frames")[0])
    return {name: int(number) for name, number in found}


RANK_FRAMES = rows(FROM_RANK)
ENGINE_FRAMES = rows(FROM_ENGINE)


def fields(body: str) -> Iterator[tuple[str, str]]:
    """The type and name of each field, in the order of the page. A list of structures has its entries' fields."""
    pattern = (
        r"(?P<entries>list of `(?P<inner>(?:u8|u32|string) [^`]+)`)|list of `(?P<list>\w+)` (?P<list_name>[a-z ]+)"
        r"|list of strings (?P<strings>\w+)|(?P<count>\d+) bytes (?P<raw>\w+)|bytes (?P<bytes>\w+)"
        r"|(?P<string>string)( (?P<string_name>[a-z ]+))?|(?P<block>\bblock\b)|`(?P<plain>[uif]\d+ [^`]+)`"
    )
    # What stands in parentheses explains a field, what follows a colon or a full stop explains the frame.
    described = re.split(r"[.:;](?: |$)", re.sub(r"\([^()]*\)", "", body))[0]
    for match in re.finditer(pattern, described):
        found = {key: value for key, value in match.groupdict().items() if value}
        if "entries" in found:
            yield "entries", found["inner"]
        elif "list" in found:
            yield f"list {found['list']}", found["list_name"].split(" in ")[0].strip()
        elif "strings" in found:
            yield "strings", found["strings"]
        elif "raw" in found:
            yield f"raw {found['count']}", found["raw"]
        elif "block" in found:
            yield "block", "block"
        elif "plain" in found:
            yield from re.findall(r"([uif]\d+) (\w+)", found["plain"])
        else:
            yield "string", (found.get("bytes") or found.get("string_name") or "text").strip()


def body_of(name: str) -> str:
    if name != "collective":
        return RANK_FRAMES[name][2]
    return FROM_RANK.split("A **collective** is")[1].split("\n\n")[0].replace("\n", " ")


class Decoder:
    """Reads a frame as the page says."""

    def __init__(self, data: bytes) -> None:
        self.data, self.position = data, 0

    def take(self, layout: str) -> Any:
        values = struct.unpack_from("<" + layout, self.data, self.position)
        self.position += struct.calcsize("<" + layout)
        return values[0] if len(values) == 1 else values

    def value(self, kind: str, name: str) -> Any:
        if kind in FORMATS:
            return self.take(FORMATS[kind])
        if kind == "block":
            return self.take("IIQ")
        if kind == "string":
            return bytes(self.take(f"{self.take('I')}s")).decode()
        if kind == "strings":
            return [self.value("string", name) for _ in range(self.take("I"))]
        if kind.startswith("raw "):
            return self.take(kind.removeprefix("raw ") + "s")
        if kind == "entries":
            kinds = [entry.split() for entry in name.split(", ")]
            return [tuple(self.value(*kind) for kind in kinds) for _ in range(self.take("I"))]
        element = FORMATS[kind.removeprefix("list ")]
        return [self.take(element) for _ in range(self.take("I"))]


SINCE = wire.interval(101, 102)
TOKEN = b"t" * 32
BLOCK = BlockPlace(15, 16, 17)
COLLECTIVE = CollectiveCall(
    wire.Collective.SCATTER, "scatter", wire.Reduction.MINIMUM, 4, 5, 6, 7, [8, 9], [10], [11, 12, 13], 14
)
MESSAGE = MessageCall(dtype_code=3, peer=5, tag=-7, elements=9)
# Each kind of frame with values that differ, as Python packs it, and these values in the order of the page.
SAMPLES: dict[str, tuple[bytes, list[Any]]] = {
    "hello": (wire.hello(TOKEN, 1, 2, 3, "main", "2.13"), [wire.MAGIC, wire.PROTOCOL, TOKEN, 1, 2, 3, "main", "2.13"]),
    "name": (wire.name(1, "text"), [1, "text"]),
    "operations": (wire.operations([(1, 2, 3.0, 4.0, 5.0, (1, 6, 7, 8, 9, 10, 11))]),
                   [[(1, 2, 3.0, 4.0, 5.0, 1, 6, 7, 8, 9, 10, 11)]]),
    "streams": (wire.streams([(0, 5), (1, 6)]), [[(0, 5), (1, 6)]]),
    "memory": (wire.memory([("parameters", 7)]), [[("parameters", 7)]]),
    "published": (wire.published(1, BLOCK), [1, BLOCK]),
    "stack": (wire.stack("text"), ["text"]),
    "forget": (wire.forget(1), [1]),
    "interruption": (wire.interruption(1), [1]),
    "group": (wire.group(SINCE, 1, 2, 3, 1, [4, 5]), [1, 2, 3, 1, [4, 5]]),
    "collective": (wire.collective(SINCE, COLLECTIVE, 18, 1, 19, 20, BLOCK),
                   [1, 6, 2, 4, 19, 20, 5, 18, 6, 7, [8, 9], [10], [11, 12, 13], BLOCK, 14]),
    "send": (wire.send(SINCE, MESSAGE, 1, 11, 13, BLOCK), [1, 3, 11, 13, 5, -7, 9, BLOCK]),
    "receive": (wire.receive(SINCE, MESSAGE, 1, 11, 13), [1, 3, 11, 13, 5, -7, 9]),
    "wait": (wire.wait(SINCE, 1, -2), [1, -2]),
    "test": (wire.test(SINCE, 1), [1]),
    "now": (wire.now(SINCE), []),
    "store": (wire.store(SINCE, StoreCall(wire.StoreOperation.ADD, "space", ["a", "b"], b"v", b"e", 3, 4)),
              [2, "space", ["a", "b"], "v", "e", 3, 4]),
    "goodbye": (wire.goodbye(SINCE, -1, "why"), [-1, "why"]),
    "phase": (wire.phase(SINCE, 1), [1]),
    "sleep": (wire.sleep(SINCE, 1), [1]),
    "declaration": (wire.declaration(102, 1, 2, 3), [1, 2, 3]),
    "progress": (wire.progress(SINCE), []),
    "wait any": (wire.wait_any(SINCE, 1, 2, 3, [4, 5]), [1, 2, 3, [4, 5]]),
    "event": (wire.event(SINCE, 4), [4]),
    "expect": (wire.expect(SINCE, 1, "space", ["a"]), [1, "space", ["a"]]),
}  # fmt: skip


def test_every_frame_of_the_page_has_a_sample() -> None:
    assert set(SAMPLES) == set(RANK_FRAMES) and len(RANK_FRAMES) == len(FrameKind)


@pytest.mark.parametrize("name", SAMPLES)
def test_python_packs_frames_as_the_page_says(name: str) -> None:
    data, expected = SAMPLES[name]
    number, has_interval, _ = RANK_FRAMES[name]
    decoder = Decoder(data)
    assert (decoder.take("I"), decoder.take("B")) == (len(data) - 4, number)
    if has_interval:
        assert decoder.take("qI") == (0 if name == "declaration" else 101, 102)
    assert [decoder.value(*field) for field in fields(body_of(name))] == expected
    assert decoder.position == len(data)


# Fields whose names in Swift are not those of the page.
SWIFT_NAMES = {
    "hello": {"protocol": "version"}, "group": {"group": "number"}, "store": {"operation": "number"},
    "collective": {}, "send": {"destination": "peer"}, "wait any": {},
}  # fmt: skip
EVERYWHERE = {
    "dtype": "dataType",
    "count": "elementCount",
    "result_count": "resultCount",
    "timeout_ns": "timeoutNanoseconds",
}
DECODERS = {
    "hello": "Greeting", "group": "GroupRequest", "collective": "CollectiveRequest", "send": "PointToPointRequest",
    "wait any": "ThreadsRequest", "store": "StoreRequest",
}  # fmt: skip


@pytest.mark.parametrize("name", DECODERS)
def test_swift_reads_fields_in_the_order_of_the_page(name: str) -> None:
    source = SWIFT["RankFrame.swift" if name == "hello" else "RankRequest+Decoding.swift"]
    decoder = rf"(?:extension|struct) {DECODERS[name]}\b.*?init\(_ reader: inout FrameReader[^\n]*\n"
    start = re.search(decoder, source, re.DOTALL)
    assert start
    body = source[start.end() :].split("\n  }\n")[0]
    read = re.findall(r"^ *(?:let |self\.)?(\w+) = .*\breader\b", body, re.MULTILINE)
    # The magic number is compared and the flags are read before the others.
    page = [field for _, field in fields(body_of(name)) if field not in {"flags", "magic"}]
    assert read == [(SWIFT_NAMES[name] | EVERYWHERE).get(field) or camel_case(field) for field in page]


def camel_case(name: str) -> str:
    first, *others = re.split(r"[_ ]", name)
    return first + "".join(word.capitalize() for word in others)


def test_the_version_is_one() -> None:
    assert re.findall(r"u16 protocol = (\d+)", PAGE) == [str(wire.PROTOCOL)]
    assert f"u32 magic 0x{wire.MAGIC:X}`" in PAGE
    greeting = SWIFT["RankFrame.swift"]
    assert f"protocolVersion: UInt16 = {wire.PROTOCOL}\n" in greeting
    magic = re.search(r"magic: UInt32 = (0x[0-9A-F_]+)", greeting)
    assert magic and int(magic[1], 16) == wire.MAGIC


def swift_cases(file: str, name: str) -> dict[str, int]:
    """The cases of a Swift enumeration with numbers, by names in capitals as in Python."""
    declaration = re.search(rf"enum {name}: UInt8[^{{]*{{(.*?)\n *(?:}}|\n|init|///? Bytes)", SWIFT[file], re.DOTALL)
    assert declaration
    names: dict[str, int] = {}
    for case in re.findall(r"case ([^\n]+)", declaration[1]):
        for part in case.split(", "):
            case_name, _, number = part.partition(" = ")
            names[constant(case_name)] = int(number) if number else len(names)
    return names


def constant(name: str) -> str:
    return re.sub(r"(?<=[a-z])([A-Z])", r"_\1", name).replace(" ", "_").upper()


def numbers(kinds: type[enum.IntEnum]) -> dict[str, int]:
    return {kind.name: int(kind) for kind in kinds}


def test_the_kinds_of_frames_are_the_same_on_both_sides() -> None:
    page = {constant(name): number for name, (number, *_) in RANK_FRAMES.items()}
    launcher = {constant(name): number for name, number in launcher_frames().items()}
    to_engine = {name: number for name, number in launcher.items() if number < 40}
    to_launcher = {name: number for name, number in launcher.items() if number >= 40}
    assert numbers(FrameKind) == page
    assert swift_cases("FrameKind.swift", "FrameKind") == page | to_engine
    assert to_engine == {"STARTED": control.STARTED, "EXITED": control.EXITED, "OUTPUT_LOST": control.OUTPUT_LOST}
    assert to_launcher == {"START": control.START, "TERMINATE": control.TERMINATE, "PROGRESS": control.PROGRESS}
    engine = {constant(name): number for name, (number, *_) in ENGINE_FRAMES.items()}
    assert swift_cases("FrameWriter.swift", "AnswerKind") == engine | to_launcher


def listed(text: str) -> dict[str, int]:
    """`0 set, 1 get` as numbers by names in capitals."""
    return {
        constant(name): int(number) for number, name in re.findall(r"(\d+) ([a-z][a-z0-9_ -]*)", " ".join(text.split()))
    }


def bullet(name: str) -> str:
    match = re.search(rf"^\* {name}: (.*?)[.]", FROM_RANK, re.DOTALL | re.MULTILINE)
    assert match
    return match[1]


def test_enumerations_are_the_same_on_both_sides() -> None:
    collectives = listed(bullet("operation"))
    assert collectives == numbers(wire.Collective)
    order = re.search(
        r"operations: \[CollectiveOperation\] = \[(.*?)\]", SWIFT["RankRequest+Decoding.swift"], re.DOTALL
    )
    assert order
    assert {constant(name): index for index, name in enumerate(re.findall(r"\.(\w+)", order[1]))} == collectives

    reductions = listed(bullet("reduction"))
    assert reductions == numbers(wire.Reduction)
    swift = re.findall(r"case \.(\w+): (\d+)", SWIFT["ReductionOperator+Wire.swift"])
    assert {
        constant(name.replace("Exclusive", "X").replace("XOr", "Xor")): int(number) for name, number in swift
    } == reductions

    store = re.search(r"`u8 operation` \((.*?)\)", RANK_FRAMES["store"][2])
    assert store
    assert listed(store[1]) == numbers(wire.StoreOperation) == swift_cases("RankRequest.swift", "Operation")

    failures = re.search(r"`u8 category` \((.*?)\)", ENGINE_FRAMES["failed"][2])
    assert failures
    assert [int(number) for number in re.findall(r"\d+", failures[1])] == list(answers.FailureCategory)


def test_element_types_are_the_same_on_both_sides() -> None:
    tensors = pytest.importorskip("uniference.tensors")
    page = re.findall(r"(\d+) ([a-z]+[a-z0-9_]*)", bullet("dtype"))
    assert [int(number) for number, _ in page] == list(range(len(page)))
    assert [str(dtype).removeprefix("torch.") for dtype in tensors.DATA_TYPES] == [name for _, name in page][
        : len(tensors.DATA_TYPES)
    ]
    swift = [name.lower() for name in swift_cases("DataType.swift", "DataType")]
    assert len(swift) == len(page)
    for name, (_, said) in zip(swift, page, strict=True):
        assert name.replace("_", "")[:7] in (said.replace("_", "")[:7], "otherfl")


def test_python_unpacks_a_welcome_as_the_page_says() -> None:
    kinds = [FORMATS[kind] for kind, _ in fields(ENGINE_FRAMES["welcome"][2])]
    values = [3, 1, 2, 4, 1, 1, 0, 0.5, 5, 6, 7]
    welcome = answers.answer(b"\x01" + struct.pack("<" + "".join(kinds), *values))
    assert list(welcome) == values
    names = [name for _, name in fields(ENGINE_FRAMES["welcome"][2])]
    assert names == list(answers.Welcome._fields)
