"""What a rank's machine is."""

from __future__ import annotations

import os
import pathlib
import platform
from typing import Any

import torch


def describe_host(rank: int, device: torch.device) -> dict[str, Any]:
    """The machine of this rank, and the device that it computes on."""
    total, available = _memory(device)
    return {
        "rank": rank,
        "name": os.environ.get("UNIFERENCE_HOST_NAME") or platform.node() or "host",
        "processor": _processor(),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "machine_cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "memory_bytes": total,
        "available_bytes": available,
        "kernel": f"{platform.system()} {platform.release()}",
        "torch": str(torch.__version__),
        "python": platform.python_version(),
    }


def _processor() -> str:
    fields = _table(pathlib.Path("/proc/cpuinfo"))
    return fields.get("model name") or _board() or platform.processor() or platform.machine()


def _board() -> str | None:
    """The name of the board, on Linux systems that are described by a device tree."""
    try:
        return pathlib.Path("/proc/device-tree/model").read_text().strip("\0 \n") or None
    except OSError:
        return None


def _memory(device: torch.device) -> tuple[int, int]:
    """Bytes that there are, and that are free."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return int(total), int(free)
    fields = _table(pathlib.Path("/proc/meminfo"))
    total = _kibibytes(fields.get("MemTotal")) or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _group_limit()
    total = min(total, limit) if limit else total
    return total, min(total, _kibibytes(fields.get("MemAvailable")) or total)


def _group_limit() -> int | None:
    """What a container may use."""
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return int(pathlib.Path(path).read_text())
        except (OSError, ValueError):
            continue
    return None


def _kibibytes(text: str | None) -> int:
    return int(text.split()[0]) * 1024 if text else 0


def _table(path: pathlib.Path) -> dict[str, str]:
    """The first value of each name in lines of ``name: value``."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in reversed(lines) if ":" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}
