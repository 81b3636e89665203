"""Where in the user's script something happens."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Sequence
from types import CodeType, FrameType

import torch

INTERNAL_FOLDERS = tuple(os.path.dirname(os.path.abspath(path)) + os.sep for path in (torch.__file__, __file__))
"""Code below these is no part of the script."""

_is_internal: dict[CodeType, bool] = {}


def is_internal(code: CodeType) -> bool:
    """Whether the code is torch's or this package's, or made up by Python as it starts a program."""
    known = _is_internal.get(code)
    if known is None:
        path = code.co_filename
        known = path.startswith(INTERNAL_FOLDERS) or path.startswith("<frozen ")
        _is_internal[code] = known
    return known


def script_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost call of the script that ``frame`` was called from."""
    while frame is not None and is_internal(frame.f_code):
        frame = frame.f_back
    return frame


def describe_site(code: CodeType, line: int) -> str:
    """``train.py:31``."""
    return f"{os.path.basename(code.co_filename)}:{line}"


def script_stack(threads: Sequence[int] = ()) -> str:
    """The main thread's stack, or those of several threads, innermost call last, without the inside of torch unless
    there is nothing else."""
    if len(threads) < 2:
        return _stack(threads[0] if threads else threading.main_thread().ident or 0)
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return "".join(f"  thread {names.get(number, number)}\n{_stack(number)}" for number in threads)


def _stack(thread: int) -> str:
    frame = sys._current_frames().get(thread)
    calls = list(traceback.walk_stack(frame))
    script = [(call, line) for call, line in calls if not is_internal(call.f_code)]
    summary = traceback.StackSummary.extract(iter(reversed(script or calls)))
    return "".join(summary.format())
