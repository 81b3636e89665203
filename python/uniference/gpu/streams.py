"""The classes on which ``torch.cuda.Stream``, ``Event`` and ``CUDAGraph`` stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def stream_base(stream: Any, current_device: Callable[[], int]) -> type:
    """``torch._C._CudaStreamBase``: torch's own stream of any accelerator, made as CUDA's."""

    class _CudaStreamBase(stream):  # type: ignore[misc]
        def __new__(
            cls,
            priority: int = 0,
            stream_id: int | None = None,
            device_index: int | None = None,
            device_type: int | None = None,
            stream_ptr: int | None = None,
        ) -> Any:
            if stream_id is not None:
                return stream.__new__(cls, stream_id=stream_id, device_index=device_index, device_type=device_type)
            return stream.__new__(cls, device=f"cuda:{current_device()}", priority=priority)

        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            """All is said in ``__new__``."""

        @property
        def cuda_stream(self) -> int:
            return int(self.stream_id)

        @property
        def priority(self) -> int:
            return 0

        @staticmethod
        def priority_range() -> tuple[int, int]:
            return 0, -5

    return _CudaStreamBase


def event_base(event: Any, elapsed: Callable[[int, int], float]) -> type:
    """``torch._C._CudaEventBase``, likewise. ``elapsed``: the milliseconds between two events, by their numbers."""

    class _CudaEventBase(event):  # type: ignore[misc]
        def __new__(
            cls,
            enable_timing: bool = False,
            blocking: bool = False,
            interprocess: bool = False,
            external: bool = False,
        ) -> Any:
            if interprocess:
                raise RuntimeError("events that other processes see (interprocess=True) are not simulated")
            return event.__new__(cls, device="cuda", enable_timing=enable_timing, blocking=blocking)

        def __init__(self, *arguments: Any, **keywords: Any) -> None:
            """All is said in ``__new__``."""

        def elapsed_time(self, end_event: Any) -> float:
            if not self.event_id or not end_event.event_id:
                raise ValueError("Both events must be recorded before calculating elapsed time.")
            return elapsed(int(self.event_id), int(end_event.event_id))

        @property
        def cuda_event(self) -> int:
            return int(self.event_id)

    return _CudaEventBase
