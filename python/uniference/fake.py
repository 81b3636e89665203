"""Tensors without values, for models larger than this machine: ``uniference run --fake --compute roofline``.

Large tensors have shapes and types, and no memory; operations infer theirs, and nothing is computed. Small ones, such
as indices, counters, flags and learning rates, have values as ever, so that programs decide as they would. They are
the same tensors of torch's: modules are built, copied, converted, sharded, trained and saved in the ordinary way. Who
asks a large one for a value gets a stand-in, zero or ``False``, and is named at the end; with ``--fake=strict`` it is
an error.

What decides stands in ``gpu/native/kernels.cpp``: a tensor of up to 65 536 elements has values, of integers up to 2^20,
unless it has been computed from one that has none.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch

from uniference.gpu import library as native
from uniference.sites import describe_site, script_frame

ASKED = {
    "_local_scalar_dense": "item()",
    "nonzero": "nonzero() or a mask as an index",
    "masked_select": "masked_select()",
    "equal": "equal()",
    "index": "a mask as an index",
}
"""What a script calls for the operations that ask."""

READING = ("tolist", "numpy")
"""Methods of tensors that read memory without an operation of torch's."""

MOST_PLACES = 10
"""So many are named at the end."""


class StandIns:
    """Where the script has asked for values that are not there."""

    def __init__(self, is_strict: bool) -> None:
        self._is_strict = is_strict
        self._places: Counter[tuple[str, str]] = Counter()
        self.callback = native.StandIn(self._called_back)
        """What the library calls. Kept here, since C++ does not keep it alive."""

    def _called_back(self, operation: bytes) -> int:
        self._note(ASKED.get(operation.decode(), f"{operation.decode()}()"))
        return int(self._is_strict)

    def asked(self, what: str) -> None:
        """Takes down a call that asks. Raises ``RuntimeError`` where that is an error."""
        self._note(what)
        if self._is_strict:
            raise RuntimeError(f"{what} needs a tensor's values, and with --fake=strict large tensors have none")

    def _note(self, what: str) -> None:
        frame = script_frame(sys._getframe(2))
        place = "torch itself" if frame is None else describe_site(frame.f_code, frame.f_lineno)
        self._places[place, what] += 1

    def report(self) -> str | None:
        """The places, for the user; ``None`` if there are none."""
        if not self._places or self._is_strict:
            return None
        places = [
            f"  {place}: {what}{f', {count} times' if count > 1 else ''}"
            for (place, what), count in self._places.most_common(MOST_PLACES)
        ]
        if len(self._places) > MOST_PLACES:
            places.append(f"  and {len(self._places) - MOST_PLACES} more")
        return "\n".join(
            ["uniference: with --fake large tensors have no values; these places got zero or False instead:", *places]
        )


_library: ctypes.CDLL | None = None
_stand_ins: StandIns | None = None
_replaced: dict[str, Callable[..., Any]] = {}
_run_thread: Callable[[Any], None] = threading.Thread.run


def begin(is_strict: bool = False) -> None:
    """From now on large tensors that are made have no values."""
    global _library, _stand_ins
    end()
    _library = native.load()
    # A mask as an index selects as many elements as there can be.
    config: Any = importlib.import_module("torch.fx.experimental._config")
    config.meta_nonzero_assume_all_nonzero = True
    _stand_ins = StandIns(is_strict)
    _library.uniference_values_forget(_stand_ins.callback)
    flex: Any = importlib.import_module("uniference.flex")
    flex.install()
    intercept(True)
    thread: Any = threading.Thread
    thread.run = _run_intercepted
    for name in READING:
        method = getattr(torch.Tensor, name)
        _replaced[name] = method
        setattr(torch.Tensor, name, _reading(name))


def end() -> None:
    """Ends what `begin` began, for this thread. Tensors stay what they are."""
    global _stand_ins
    if _stand_ins is None or _library is None:
        return
    intercept(False)
    _library.uniference_values_keep()
    thread: Any = threading.Thread
    thread.run = _run_thread
    while _replaced:
        setattr(torch.Tensor, *_replaced.popitem())
    _stand_ins = None


def _reading(name: str) -> Callable[..., Any]:
    """A method of tensors that reads memory by itself: it finds zeros where there are no values, and is told of."""
    method: Callable[..., Any] = getattr(torch.Tensor, name)

    @functools.wraps(method)
    def reading(tensor: torch.Tensor, *arguments: Any, **keywords: Any) -> Any:
        if _stand_ins is not None and not has_values(tensor):
            _stand_ins.asked(f"{name}()")
        return method(tensor, *arguments, **keywords)

    return reading


def report() -> str | None:
    """See `StandIns.report`."""
    return None if _stand_ins is None else _stand_ins.report()


def has_values(tensor: torch.Tensor) -> bool:
    """Whether a tensor's elements are what the program has computed; of a ``DTensor``, those of its local part."""
    local = getattr(tensor, "_local_tensor", tensor)
    if local.is_meta:
        return False
    if _library is None or local.layout is not torch.strided:
        return True
    return bool(_library.uniference_values_has(local.untyped_storage()._cdata))


def drop_values(tensor: torch.Tensor) -> None:
    """What has arrived in a tensor has no values: its sender had none."""
    if _library is not None and not tensor.is_meta:
        _library.uniference_values_drop(tensor.untyped_storage()._cdata)


def intercept(is_on: bool) -> None:
    """Whether the calling thread's operations on tensors of the host are looked at; not for what the bridge itself does
    with memory."""
    if _library is not None and _stand_ins is not None:
        _library.uniference_values_intercept(int(is_on))


def _run_intercepted(thread: threading.Thread) -> None:
    intercept(True)
    _run_thread(thread)
