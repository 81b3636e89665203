"""Messages from rank to rank.

Each pattern has its counterpart in ``Sources/Calibration/Programs``, which the fit simulates: the two do the same, in
the same order.
"""

from __future__ import annotations

import time
from functools import partial

import torch
import torch.distributed as dist

from uniference.calibration.bench import Bench, Pattern

SIZES = (1, 64, 512, 1500, 4096, 12_000, 32_000, 96_000, 300_000, 1_000_000, 3_000_000, 8_000_000, 24_000_000,
         64_000_000)  # fmt: skip
"""From a byte to 64 MB; none is a size that ``uniference validate`` looks at."""

FEW_SIZES = (1500, 32_000, 300_000, 3_000_000, 24_000_000)
STREAM_BYTES = 1_000_000
"""A stream of small messages has enough of them in flight to come to this..."""
STREAM_MESSAGES = (8, 64)
"""...but no fewer and no more than these."""
HEAD_START_S = 0.005
"""By how much a sender is ready before a late receiver."""
WARM_UP = 2
TAG = 7


def measure_messages(bench: Bench) -> None:
    """Everything about messages that one rank sends to another."""
    pair = [0, 1]
    bench.sweep("ping_pong", SIZES, partial(_ping_pong, bench, pair), ranks=pair, timer=0)
    bench.sweep("prepared_ping_pong", SIZES, partial(_prepared_ping_pong, bench, pair), ranks=pair, timer=0)
    bench.sweep("late_receiver", SIZES, partial(_late_receiver, bench, pair), ranks=pair, timer=1)
    bench.sweep("stream", SIZES[2:], partial(_stream, bench, pair), ranks=pair, timer=1,
                count=stream_messages)
    bench.sweep("send_call", SIZES[:10], partial(_send_call, bench, pair), ranks=pair, timer=0)
    bench.sweep("both_ways", FEW_SIZES, partial(_both_ways, bench, pair), ranks=pair)
    _measure_other_hosts(bench)


def steps(ranks: int) -> int:
    """How many measurements `measure_messages` makes."""
    concurrent = (0 if ranks < 3 else len(FEW_SIZES)) + (0 if ranks < 4 else len(FEW_SIZES))
    return 4 * len(SIZES) + 8 + len(FEW_SIZES) + concurrent + 4 * (ranks - 2)


def stream_messages(size: int) -> int:
    """Messages of a stream of that size."""
    least, most = STREAM_MESSAGES
    return max(least, min(most, STREAM_BYTES // size))


def _measure_other_hosts(bench: Bench) -> None:
    """Whether the others' links are like the first two's, and what is the limit when several talk at once."""
    for other in range(2, bench.size):
        for pair in ([0, other], [other, 0]):
            bench.sweep("stream", (300_000, 3_000_000), partial(_stream, bench, pair), ranks=pair,
                        timer=pair[1], count=stream_messages)
    if bench.size >= 3:
        bench.sweep("two_into_one", FEW_SIZES, partial(_two_into_one, bench), ranks=[0, 1, 2], timer=0)
    if bench.size >= 4:
        everybody = list(range(bench.size - bench.size % 2))
        bench.sweep("pairs_at_once", FEW_SIZES, partial(_pairs_at_once, bench), ranks=everybody,
                    count=stream_messages)


def _ping_pong(bench: Bench, pair: list[int], size: int) -> Pattern:
    """Half the time of a message and its answer. Each side posts its receive when its send has ended."""
    ball = torch.zeros(size, dtype=torch.uint8)

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            start = time.perf_counter()
            if bench.rank == pair[0]:
                dist.send(ball, pair[1], tag=TAG)
                dist.recv(ball, pair[1], tag=TAG)
            else:
                dist.recv(ball, pair[0], tag=TAG)
                dist.send(ball, pair[0], tag=TAG)
            samples.append((time.perf_counter() - start) / 2)
        return samples[WARM_UP:]

    return run


def _prepared_ping_pong(bench: Bench, pair: list[int], size: int) -> Pattern:
    """The same, with both receives posted, and known to the senders, before the first message leaves."""
    ball, answer = torch.zeros(size, dtype=torch.uint8), torch.zeros(size, dtype=torch.uint8)
    other = pair[1] if bench.rank == pair[0] else pair[0]

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            receive = _receive(answer, other)
            _meet(pair)
            start = time.perf_counter()
            if bench.rank == pair[0]:
                dist.send(ball, other, tag=TAG)
                receive.wait()
            else:
                receive.wait()
                dist.send(ball, other, tag=TAG)
            samples.append((time.perf_counter() - start) / 2)
        return samples[WARM_UP:]

    return run


def _late_receiver(bench: Bench, pair: list[int], size: int) -> Pattern:
    """From the receive to its end, where the sender has been waiting for long: shows whether the payload does, too."""
    ball = torch.zeros(size, dtype=torch.uint8)

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            _meet(pair)
            start = time.perf_counter()
            if bench.rank == pair[0]:
                dist.send(ball, pair[1], tag=TAG)
            else:
                time.sleep(HEAD_START_S)
                _wake_up()
                start = time.perf_counter()
                dist.recv(ball, pair[0], tag=TAG)
            samples.append(time.perf_counter() - start)
        return samples[WARM_UP:]

    return run


def _stream(bench: Bench, pair: list[int], size: int) -> Pattern:
    """The receiver's time from one message to the next, with all of them in flight at once."""
    balls = [torch.zeros(size, dtype=torch.uint8) for _ in range(stream_messages(size))]

    def run(repetitions: int) -> list[float]:
        return [_stream_once(bench, pair, balls) for _ in range(WARM_UP + repetitions)][WARM_UP:]

    return run


def _stream_once(bench: Bench, pair: list[int], balls: list[torch.Tensor]) -> float:
    is_sender = bench.rank == pair[0]
    works = [] if is_sender else [_receive(ball, pair[0]) for ball in balls]
    _meet(pair)
    if is_sender:
        works = [_send(ball, pair[1]) for ball in balls]
    works[0].wait()
    start = time.perf_counter()
    for work in works[1:]:
        work.wait()
    return (time.perf_counter() - start) / (len(balls) - 1)


def _send_call(bench: Bench, pair: list[int], size: int) -> Pattern:
    """How long the sender's own call takes that does not wait for the message."""
    ball = torch.zeros(size, dtype=torch.uint8)

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            if bench.rank == pair[1]:
                work = _receive(ball, pair[0])
                _meet(pair)
                start = time.perf_counter()
            else:
                _meet(pair)
                start = time.perf_counter()
                work = _send(ball, pair[1])
            samples.append(time.perf_counter() - start)
            work.wait()
        return samples[WARM_UP:]

    return run


def _both_ways(bench: Bench, pair: list[int], size: int) -> Pattern:
    """Both send to each other at once, receives posted first: twice as long as one way if the link is half duplex."""
    ball, answer = torch.zeros(size, dtype=torch.uint8), torch.zeros(size, dtype=torch.uint8)
    other = pair[1] if bench.rank == pair[0] else pair[0]

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            _meet(pair)
            start = time.perf_counter()
            receive = _receive(answer, other)
            send = _send(ball, other)
            receive.wait()
            send.wait()
            samples.append(time.perf_counter() - start)
        return samples[WARM_UP:]

    return run


def _two_into_one(bench: Bench, size: int) -> Pattern:
    """Ranks 1 and 2 send to rank 0 at once: twice as long as one sender if the receiver's link is the limit."""
    balls = [torch.zeros(size, dtype=torch.uint8) for _ in range(2)]

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            is_receiver = bench.rank == 0
            works = [_receive(ball, 1 + index) for index, ball in enumerate(balls)] if is_receiver else []
            _meet([0, 1, 2])
            start = time.perf_counter()
            if not is_receiver:
                works = [_send(balls[0], 0)]
            for work in works:
                work.wait()
            samples.append(time.perf_counter() - start)
        return samples[WARM_UP:]

    return run


def _pairs_at_once(bench: Bench, size: int) -> Pattern:
    """Streams from 0 to 1, from 2 to 3 and so on at once: as fast as one alone unless what is between is shared."""
    balls = [torch.zeros(size, dtype=torch.uint8) for _ in range(stream_messages(size))]
    pair = [bench.rank - bench.rank % 2, bench.rank - bench.rank % 2 + 1]

    def run(repetitions: int) -> list[float]:
        samples = []
        for _ in range(WARM_UP + repetitions):
            _meet(list(range(bench.size - bench.size % 2)))
            sample = _stream_once(bench, pair, balls)
            samples.append(sample if bench.rank == pair[1] else 0.0)
        return samples[WARM_UP:]

    return run


def _send(ball: torch.Tensor, other: int) -> dist.Work:
    return _started(dist.isend(ball, other, tag=TAG))


def _receive(ball: torch.Tensor, other: int) -> dist.Work:
    return _started(dist.irecv(ball, other, tag=TAG))


def _started(work: dist.Work | None) -> dist.Work:
    """torch returns nothing to ranks that are not in the group; all are in this one."""
    if work is None:
        raise RuntimeError("this rank is not in the process group")
    return work


def _wake_up() -> None:
    """Brings a core that has slept to its usual speed."""
    sum(range(20_000))


def _meet(ranks: list[int]) -> None:
    """Those ranks wait for each other, by messages of a byte: the world's barrier would need all of them.

    The messages take the same way as others, one after another, so that whoever has met a rank knows of the receives
    that it posted before.
    """
    token, other = torch.zeros(1, dtype=torch.uint8), torch.zeros(1, dtype=torch.uint8)
    first = ranks[0]
    if dist.get_rank() == first:
        for rank in ranks[1:]:
            dist.recv(other, rank, tag=TAG + 1)
        for rank in ranks[1:]:
            dist.send(token, rank, tag=TAG + 2)
    else:
        dist.send(token, first, tag=TAG + 1)
        dist.recv(other, first, tag=TAG + 2)
