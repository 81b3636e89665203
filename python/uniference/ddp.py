"""What ``DistributedDataParallel``'s C++ code needs to know of a process group that is a Python object."""

from __future__ import annotations

import functools
import os
import weakref
from typing import Any

from torch._C import _distributed_c10d

SIMULATED = "uniference:"
"""What the name of a group's backend begins with in C++, where a group called gloo is taken for gloo's own class."""

GLOO_THREADS = 2
"""Threads of gloo's that torch starts for a group (``ProcessGroupGloo::Options``)."""

LOGGED_VARIABLES = {
    "gloo": ("GLOO_SOCKET_IFNAME", "GLOO_DEVICE_TRANSPORT"),
    "nccl": (
        "NCCL_SOCKET_IFNAME", "TORCH_NCCL_BLOCKING_WAIT", "TORCH_NCCL_ASYNC_ERROR_HANDLING", "NCCL_DEBUG",
        "NCCL_NTHREADS", "NCCL_IB_TIMEOUT",
    ),
}  # fmt: skip
"""Variables of the environment that torch logs for a backend (``logger.cpp``), under their names in lower case without
``TORCH_``."""

_pending: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()


def install() -> None:
    """Has DDP's C++ objects treat simulated process groups as those of the backend that the script asked for."""
    logger: Any = _distributed_c10d.Logger
    logger._get_ddp_logging_data = with_backend(logger._get_ddp_logging_data)
    reducer: Any = _distributed_c10d.Reducer
    reducer._set_forward_pass_work_handle = keeping_work(reducer._set_forward_pass_work_handle)


def with_backend(function: Any) -> Any:
    """``Logger._get_ddp_logging_data``, which also tells what torch logs of the backend."""

    @functools.wraps(function)
    def logging_data(logger: Any) -> Any:
        data = function(logger)
        texts, numbers = dict(data.strs_map), dict(data.ints_map)
        if not texts.get("backend_name", "").startswith(SIMULATED):
            return data
        backend = texts["backend_name"] = texts["backend_name"].removeprefix(SIMULATED)
        for variable in LOGGED_VARIABLES.get(backend, ()):
            texts[variable.removeprefix("TORCH_").lower()] = os.environ.get(variable, "N/A")
        if backend == "gloo":
            numbers["gloo_num_threads"] = GLOO_THREADS
        data.strs_map, data.ints_map = texts, numbers
        return data

    return logging_data


def keeping_work(function: Any) -> Any:
    """``Reducer._set_forward_pass_work_handle``: the reducer waits for the work later, when C++ alone refers to it,
    which keeps no Python object alive."""

    @functools.wraps(function)
    def set_handle(reducer: Any, work: Any, *arguments: Any, **keywords: Any) -> None:
        _pending[reducer] = work
        function(reducer, work, *arguments, **keywords)

    return set_handle
