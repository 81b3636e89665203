"""How long calls take on a device: by its own events on a GPU, by the clock on a CPU."""

from __future__ import annotations

import os
import statistics
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch

Call = Callable[[], object]

LEAST_ROUNDS = 3
MOST_ROUNDS = 50


class Timer(ABC):
    """Times calls on one device."""

    def __init__(self, device: torch.device, seconds: float) -> None:
        """
        Args:
            seconds: how long to repeat one measurement, at least ``LEAST_ROUNDS`` times.
        """
        self.device = device
        self._seconds = seconds

    @abstractmethod
    def microseconds(self, calls: Sequence[Call]) -> float:
        """What one of the calls takes on the device, the median of several rounds."""

    @abstractmethod
    def free_memory(self) -> float:
        """Bytes that may be allocated."""

    @abstractmethod
    def launch(self) -> dict[str, float]:
        """Microseconds that an operation without work takes: ``dispatch_us`` of the host, ``replay_us`` in a graph."""

    def _median(self, round_: Callable[[], list[float]]) -> float:
        samples: list[float] = []
        began = time.monotonic()
        for done in range(MOST_ROUNDS):
            if done >= LEAST_ROUNDS and time.monotonic() - began > self._seconds:
                break
            samples += round_()
        return statistics.median(samples)


class ProcessorTimer(Timer):
    """Times a CPU's calls by the monotonic clock. The dispatch time of an operation is a part of its time there."""

    def microseconds(self, calls: Sequence[Call]) -> float:
        def round_() -> list[float]:
            samples = []
            for call in calls:
                start = time.perf_counter_ns()
                call()
                samples.append((time.perf_counter_ns() - start) / 1e3)
            return samples

        calls[0]()
        return self._median(round_)

    def free_memory(self) -> float:
        try:
            return float(os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
        except (OSError, ValueError):
            # Systems that do not tell what is free tell what there is.
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 4

    def launch(self) -> dict[str, float]:
        value = torch.ones(1)
        return {"dispatch_us": self.microseconds([lambda: torch.add(value, value, out=value)])}


class GPUTimer(Timer):
    """A GPU's calls in a CUDA graph, between two events: kernels one behind the other, without the host's dispatch."""

    def microseconds(self, calls: Sequence[Call]) -> float:
        graph = self._captured(calls)
        graph.replay()
        return self._median(lambda: [self._between_events(graph.replay) / len(calls)])

    def free_memory(self) -> float:
        torch.cuda.empty_cache()
        return float(torch.cuda.mem_get_info(self.device)[0])

    def launch(self) -> dict[str, float]:
        value = torch.ones(1, device=self.device)
        count = 200

        def add() -> object:
            return torch.add(value, value, out=value)

        def dispatch() -> list[float]:
            torch.cuda.synchronize(self.device)
            start = time.perf_counter_ns()
            for _ in range(count):
                add()
            took = (time.perf_counter_ns() - start) / 1e3 / count
            torch.cuda.synchronize(self.device)
            return [took]

        dispatch()
        return {"dispatch_us": self._median(dispatch), "replay_us": self.microseconds([add] * count)}

    def _captured(self, calls: Sequence[Call]) -> torch.cuda.CUDAGraph:
        # Libraries set up what they need in a first call, which a capture does not allow.
        side = torch.cuda.Stream(self.device)  # type: ignore[no-untyped-call]
        with torch.cuda.stream(side):
            calls[0]()
        side.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=side):
            for call in calls:
                call()
        return graph

    def _between_events(self, run: Call) -> float:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        run()
        end.record()
        end.synchronize()
        return 1e3 * float(start.elapsed_time(end))


def timer_for(device: torch.device, seconds: float) -> Timer:
    """The way to time calls on a device."""
    return GPUTimer(device, seconds) if device.type == "cuda" else ProcessorTimer(device, seconds)
