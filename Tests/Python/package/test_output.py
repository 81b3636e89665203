"""What ranks print reaches the run's output whole, in order, and with the rank before each line."""

from __future__ import annotations

import os
import random
import re

import pytest
from uniference.launching.output import PrefixedStream, Target


class Bench:
    """Streams of several ranks onto one target, which is a pipe that this test reads."""

    def __init__(self, ranks: int) -> None:
        self.reader, writer = os.pipe()
        self.target = Target(writer)
        self.writers, self.streams = [], []
        for rank in range(ranks):
            source, sink = os.pipe()
            self.writers.append(sink)
            self.streams.append(PrefixedStream(source, rank, self.target))

    def print(self, rank: int, text: bytes, is_late: bool = False) -> None:
        os.write(self.writers[rank], text)
        self.streams[rank].receive()
        if is_late:
            self.streams[rank].pass_on_rest()

    def end(self) -> bytes:
        for writer, stream in zip(self.writers, self.streams):
            os.close(writer)
            while stream.receive():
                pass
            stream.close()
        output = bytearray()
        os.set_blocking(self.reader, False)
        while self.target.is_waiting:
            self.target.flush()
            output += os.read(self.reader, 1 << 20)
        os.close(self.reader)
        os.close(self.target.descriptor)
        return bytes(output)


@pytest.mark.parametrize("pieces, expected", [
    ([(0, b"one\ntwo\n")], b"[0] one\n[0] two\n"),
    ([(0, b"on"), (1, b"other\n"), (0, b"e\n")], b"[1] other\n[0] one\n"),
    ([(0, b"\n\nx")], b"[0] \n[0] \n[0] x\n"),
    ([(0, b"10%", True), (0, b"\r20%", True), (0, b"\n")], b"[0] 10%\r[0] 20%\n"),
    ([(0, b"\r10%", True), (0, b"\r20%", True), (0, b"\r", True), (0, b"30%\n")], b"\r[0] 10%\r[0] 20%\r[0] 30%\n"),
    ([(0, b"10%", True), (1, b"10%", True), (0, b"\r20%", True), (1, b"\r20%\n")],
     b"[0] 10%\n[1] 10%\n\r[0] 20%\n\r[1] 20%\n"),
    ([(0, b"windows\r\nlines\r\n")], b"[0] windows\r\n[0] lines\r\n"),
    ([(0, b"windows\r", True), (0, b"\nend\n")], b"[0] windows\r\n[0] end\n"),
    ([(0, b"no end", True), (1, b"other\n"), (0, b"rest\n")], b"[0] no end\n[1] other\n[0] rest\n"),
    ([(0, bytes([0, 255, 27]) + b"[1m\n")], b"[0] \x00\xff\x1b[1m\n"),
])  # fmt: skip
def test_lines_and_parts_of_lines(pieces, expected):
    bench = Bench(2)
    for piece in pieces:
        bench.print(*piece)
    assert bench.end() == expected


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_lost_however_it_arrives(seed):
    """Beside it the obvious way: each rank's own text, cut into lines, whatever comes between them."""
    choice = random.Random(seed)
    bench = Bench(3)
    printed = [b"", b"", b""]
    for _ in range(200):
        rank = choice.randrange(3)
        text = bytes(choice.choice(b"ab\n") for _ in range(choice.randrange(1, 20)))
        printed[rank] += text
        bench.print(rank, text, choice.random() < 0.3)
    lines = bench.end().split(b"\n")
    assert lines.pop() == b"", f"seed {seed}"
    for rank in range(3):
        own = [line[4:] for line in lines if line.startswith(b"[%d] " % rank)]
        # Lines that others have broken come in parts.
        assert b"".join(own) == printed[rank].replace(b"\n", b""), f"seed {seed}"
    assert all(re.match(rb"\[[012]\] ", line) for line in lines), f"seed {seed}"


def test_a_long_line_is_passed_on_in_parts():
    bench = Bench(1)
    for _ in range(5):
        bench.print(0, b"x" * 60000)
    assert bench.target.is_waiting
    assert bench.end() == b"[0] " + b"x" * 300000 + b"\n"


def test_a_reader_that_is_gone_is_noticed_and_nothing_piles_up():
    bench = Bench(1)
    os.close(bench.reader)
    bench.print(0, b"line\n")
    bench.target.flush()
    assert isinstance(bench.target.loss, BrokenPipeError)
    bench.print(0, b"line\n" * 1000)
    assert not bench.target.is_waiting and not bench.target.is_full


def test_a_reader_that_is_slow_fills_the_target():
    bench = Bench(1)
    while not bench.target.is_full:
        bench.print(0, b"x" * 60000 + b"\n")
        bench.target.flush()
    assert bench.target.loss is None


def test_a_line_of_fifty_megabytes_is_passed_on_once():
    """Each byte is looked at a few times, not once for each piece that follows it: that would take hours."""
    source, sink = os.pipe()
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    target = Target(writer)
    stream = PrefixedStream(source, 0, target)
    piece = b"x" * 50_000
    passed_on = 0
    end = b""
    for count in range(1000):
        os.write(sink, piece if count < 999 else piece[:-1] + b"\n")
        stream.receive()
        while target.is_waiting:
            target.flush()
            end = os.read(reader, 1 << 20)
            passed_on += len(end)
    os.close(sink)
    assert not stream.receive()
    stream.close()
    assert passed_on == len("[0] ") + 50_000_000
    assert end.endswith(b"x\n")
    for descriptor in (reader, writer):
        os.close(descriptor)
