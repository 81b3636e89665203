"""What ``torch._C`` has in a build for CUDA, for ``torch.cuda`` to find when it is imported."""

from __future__ import annotations

import ctypes
import importlib.abc
import itertools
import sys
from collections.abc import Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

from uniference.gpu.description import Description
from uniference.gpu.streams import event_base, stream_base

CUDA_VERSION = "12.8"
HIP_VERSION = "6.4"
NCCL_VERSION = 2 << 32 | 27 << 16 | 5
"""As ``torch._C._nccl_version`` packs it; the version that torch 2.13 for CUDA is built with."""
CUDA_DEVICE_TYPE = 1
"""``c10::DeviceType::CUDA``."""

ARCHITECTURES = "sm_70 sm_75 sm_80 sm_86 sm_87 sm_89 sm_90 sm_100 sm_103 sm_110 sm_120 sm_121"


class BeforeTorchCuda(importlib.abc.MetaPathFinder):
    """Completes ``torch._C`` at the moment at which ``torch`` imports ``torch.cuda``, which looks for it there."""

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Finds nothing; the module is where it always is."""
        if fullname == "torch.cuda":
            sys.meta_path.remove(self)
            self._bindings.install(sys.modules["torch._C"])


class Properties(SimpleNamespace):
    """``torch.cuda.get_device_properties``."""

    def __repr__(self) -> str:
        return (
            f"_CudaDeviceProperties(name='{self.name}', major={self.major}, minor={self.minor}, "
            f"total_memory={self.total_memory // 2**20}MB, multi_processor_count={self.multi_processor_count})"
        )


class Bindings:
    """The functions of ``torch._C`` that begin with ``_cuda``, for described GPUs."""

    def __init__(self, library: ctypes.CDLL, description: Description) -> None:
        self._library = library
        self._description = description
        self._fractions: dict[int, float] = {}
        self._sync_debug_mode = 0
        self._torch: Any = None

    def install(self, module: Any) -> None:
        """Puts everything into ``torch._C``."""
        self._torch = module
        module._has_cuda = True
        module._CudaDeviceProperties = Properties
        module._CudaStreamBase = stream_base(module.Stream, self.current)
        module._CudaEventBase = event_base(module.Event, self._library.uniference_gpu_elapsed)
        # What graphs are stands in `graphs`, which needs torch.
        module._CUDAGraph = type("_CUDAGraph", (), {})
        pools = itertools.count(1)
        module._graph_pool_handle = lambda: (0, next(pools))
        module._cudart = runtime(module)
        module._nvtx = marks()
        module._nccl_version = lambda: NCCL_VERSION
        module._nccl_version_suffix = lambda: b""
        module._host_emptyCache = lambda: None
        for name in dir(self):
            if name.startswith("_cuda_"):
                setattr(module, name, getattr(self, name))

    def finish(self) -> None:
        """What is left once torch is there."""
        import torch

        version: Any = torch.version
        if self._description.is_amd:
            version.hip = HIP_VERSION
        else:
            version.cuda = CUDA_VERSION
        torch.cuda._get_device_properties = self.properties  # type: ignore[attr-defined]

    # Devices.

    def current(self) -> int:
        return int(self._library.uniference_gpu_current())

    def properties(self, index: int) -> Properties:
        """Gives ``name``, ``major``, ``minor``, ``total_memory``, ``multi_processor_count`` and what follows of
        them."""
        device = self._description
        major, minor = device.capability
        return Properties(
            name=device.name,
            major=major,
            minor=minor,
            total_memory=device.total_memory_bytes,
            multi_processor_count=device.multiprocessors,
            is_integrated=0,
            is_multi_gpu_board=0,
            max_threads_per_multi_processor=2048,
            max_threads_per_block=1024,
            regs_per_multiprocessor=65536,
            shared_memory_per_block=48 << 10,
            shared_memory_per_block_optin=227 << 10 if major == 9 else 163 << 10,
            shared_memory_per_multiprocessor=228 << 10 if major == 9 else 164 << 10,
            warp_size=64 if device.is_amd else 32,
            L2_cache_size=50 << 20,
            gcnArchName=device.name,
            uuid=f"GPU-00000000-0000-0000-0000-{index:012d}",
            pci_bus_id=index,
            pci_device_id=0,
            pci_domain_id=0,
        )

    def _cuda_init(self) -> None:
        import torch

        generators: list[Any] = []
        for index in range(self._description.count):
            generator: Any = torch.Generator(device=f"cuda:{index}")
            self._library.uniference_gpu_set_generator(index, generator._cdata)
            generators.append(generator)
        cuda: Any = torch.cuda
        cuda.default_generators = tuple(generators)

    def _cuda_getDeviceCount(self) -> int:  # noqa: N802
        return self._description.count

    def _cuda_getDevice(self) -> int:  # noqa: N802
        return self.current()

    def _cuda_setDevice(self, index: int) -> None:  # noqa: N802
        self._torch._accelerator_setDeviceIndex(index)

    def _cuda_exchangeDevice(self, index: int) -> int:  # noqa: N802
        former = self.current()
        if index >= 0 and index != former:
            self._cuda_setDevice(index)
        return former

    _cuda_maybeExchangeDevice = _cuda_exchangeDevice  # noqa: N815

    def _cuda_canDeviceAccessPeer(self, device: int, peer: int) -> bool:  # noqa: N802
        return device != peer

    def _cuda_getArchFlags(self) -> str:  # noqa: N802
        return ARCHITECTURES

    def _cuda_getCompiledVersion(self) -> int:  # noqa: N802
        return 12080

    def _cuda_getDriverVersion(self) -> int:  # noqa: N802
        return 12080

    def _cuda_getCurrentBlasHandle(self) -> int:  # noqa: N802
        return 0

    def _cuda_set_sync_debug_mode(self, mode: int) -> None:
        self._sync_debug_mode = mode

    def _cuda_get_sync_debug_mode(self) -> int:
        return self._sync_debug_mode

    def _cuda_ipc_collect(self) -> None:
        """There is nothing to collect: processes do not share described memory."""

    # Streams.

    def _cuda_getCurrentStream(self, index: int) -> tuple[int, int, int]:  # noqa: N802
        return int(self._library.uniference_gpu_current_stream(index)), index, CUDA_DEVICE_TYPE

    def _cuda_getDefaultStream(self, index: int) -> tuple[int, int, int]:  # noqa: N802
        return 0, index, CUDA_DEVICE_TYPE

    def _cuda_getCurrentRawStream(self, index: int) -> int:  # noqa: N802
        return int(self._library.uniference_gpu_current_stream(index))

    def _cuda_setStream(self, stream_id: int, device_index: int, device_type: int) -> None:  # noqa: N802
        self._cuda_setDevice(device_index)
        self._library.uniference_gpu_set_stream(device_index, stream_id)

    def _cuda_synchronize(self) -> None:
        from uniference.gpu import graphs

        if graphs.is_capturing():
            raise self._torch.AcceleratorError(graphs.NOT_PERMITTED)
        self._torch._accelerator_synchronizeDevice(self.current())

    def _cuda_sleep(self, cycles: int) -> None:
        """A kernel that does nothing. It is not charged, since the clock of a GPU is not described."""

    def _cuda_isCurrentStreamCapturing(self) -> bool:  # noqa: N802
        from uniference.gpu import graphs

        return graphs.is_capturing()

    def _cuda_isInBadFork(self) -> bool:  # noqa: N802
        return False

    # Memory.

    def _cuda_memoryStats(self, index: int) -> dict[str, Any]:  # noqa: N802
        return dict(self._torch._accelerator_getDeviceStats(index))

    def _cuda_resetPeakMemoryStats(self, index: int) -> None:  # noqa: N802
        self._torch._accelerator_resetPeakStats(index)

    def _cuda_resetAccumulatedMemoryStats(self, index: int) -> None:  # noqa: N802
        self._torch._accelerator_resetAccumulatedStats(index)

    def _cuda_emptyCache(self) -> None:  # noqa: N802
        self._torch._accelerator_emptyCache()

    def _cuda_memorySnapshot(self, *arguments: Any) -> dict[str, Any]:  # noqa: N802
        return {"segments": [], "device_traces": [], "allocator_settings": {}}

    def _cuda_record_memory_history(self, *arguments: Any, **keywords: Any) -> None:
        """Histories are not kept; figures are."""

    _cuda_record_memory_history_legacy = _cuda_record_memory_history

    def _cuda_setMemoryFraction(self, fraction: float, index: int) -> None:  # noqa: N802
        self._fractions[index] = fraction
        limit = int(fraction * self._description.total_memory_bytes)
        self._library.uniference_gpu_set_memory_limit(index, limit)

    def _cuda_getMemoryFraction(self, index: int) -> float:  # noqa: N802
        return self._fractions.get(index, 1.0)

    def _cuda_getAllocatorBackend(self) -> str:  # noqa: N802
        return "native"

    def _cuda_hostMemoryStats(self) -> dict[str, Any]:  # noqa: N802
        return {}

    def _cuda_lock_mutex(self) -> None:
        """Nothing is shared that it would guard."""

    _cuda_unlock_mutex = _cuda_lock_mutex


def marks() -> Any:
    """``torch._C._nvtx``: marks for CUDA's profilers, of which none looks. Ranges are counted as NVTX counts them."""
    open_ranges = 0
    numbers = itertools.count(1)

    def push(message: str) -> int:
        nonlocal open_ranges
        open_ranges += 1
        return open_ranges - 1

    def pop() -> int:
        nonlocal open_ranges
        open_ranges = max(0, open_ranges - 1)
        return open_ranges

    return SimpleNamespace(
        rangePushA=push,
        rangePop=pop,
        rangeStartA=lambda message: next(numbers),
        rangeEnd=lambda number: None,
        markA=lambda message: None,
        deviceRangeStart=lambda message, stream: next(numbers),
        deviceRangeEnd=lambda number, stream: None,
    )


def runtime(torch: Any) -> Any:
    """``torch.cuda.cudart()``, as far as scripts call it."""

    def memory(device: int) -> tuple[int, int]:
        free, total = torch._accelerator_getMemoryInfo(device)
        return int(free), int(total)

    return SimpleNamespace(
        cudaError=SimpleNamespace(success=0),
        cudaGetErrorString=lambda code: "no error" if code == 0 else f"error {code}",
        cudaMemGetInfo=memory,
        cudaProfilerStart=lambda: 0,
        cudaProfilerStop=lambda: 0,
        cudaHostRegister=lambda *arguments: 0,
        cudaHostUnregister=lambda *arguments: 0,
    )
