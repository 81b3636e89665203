"""The library in C++ by which torch finds described GPUs, and what it offers."""

from __future__ import annotations

import ctypes
import functools

from uniference.gpu import build

Synchronize = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int64)
Record = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int, ctypes.c_int64)
SynchronizeEvent = ctypes.CFUNCTYPE(None, ctypes.c_int64)
Query = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int64, ctypes.c_int, ctypes.c_int64)
Elapsed = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64, ctypes.c_int64)
StandIn = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_char_p)


class StreamListener(ctypes.Structure):
    """``StreamListener`` of ``native/device_state.hpp``."""

    _fields_ = (
        ("synchronize", Synchronize),
        ("record", Record),
        ("block", Record),
        ("synchronize_event", SynchronizeEvent),
        ("query", Query),
        ("elapsed", Elapsed),
    )


SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "uniference_gpu_describe": (None, (ctypes.c_int, ctypes.c_int64, ctypes.c_int64)),
    "uniference_gpu_register": (None, ()),
    "uniference_gpu_listen": (None, (ctypes.POINTER(StreamListener),)),
    "uniference_gpu_current": (ctypes.c_int, ()),
    "uniference_gpu_current_stream": (ctypes.c_int64, (ctypes.c_int,)),
    "uniference_gpu_set_stream": (None, (ctypes.c_int, ctypes.c_int64)),
    "uniference_gpu_elapsed": (ctypes.c_double, (ctypes.c_int64, ctypes.c_int64)),
    "uniference_gpu_set_generator": (None, (ctypes.c_int, ctypes.c_void_p)),
    "uniference_gpu_set_memory_limit": (None, (ctypes.c_int, ctypes.c_int64)),
    "uniference_gpu_resize_storage": (ctypes.c_int, (ctypes.c_void_p, ctypes.c_int64)),
    "uniference_gpu_account": (None, (ctypes.c_int,)),
    "uniference_take_signature": (ctypes.c_int64, ()),
    "uniference_values_forget": (None, (StandIn,)),
    "uniference_values_keep": (None, ()),
    "uniference_values_intercept": (None, (ctypes.c_int,)),
    "uniference_values_has": (ctypes.c_int, (ctypes.c_void_p,)),
    "uniference_values_drop": (None, (ctypes.c_void_p,)),
}


@functools.cache
def load() -> ctypes.CDLL:
    """Loads the library; before torch is imported, since it stands for a part of torch.

    Raises `build.CannotBuild` or ``OSError``.
    """
    library = ctypes.CDLL(str(build.library()), mode=ctypes.RTLD_GLOBAL)
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
