"""Writes a file of kernel tables: one device, one table for each kind of kernel and element type."""

from __future__ import annotations

import json
import math
import struct
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = b"UNIKERN\n"
VERSION = 1
LARGEST_CODE = 65_535
"""Times are 16-bit codes on a logarithmic scale between a table's shortest and longest time."""


@dataclass(frozen=True)
class KernelTable:
    """Times of kernels of one kind and element type, by their sizes."""

    kind: str
    element_type: str
    engine: str
    """Which software ran the kernels, with its version."""
    kernels: tuple[str, ...]
    """The names of the kernels as the source gives them."""
    axes: tuple[str, ...]
    """Names of the sizes, in the order of the keys of ``microseconds``."""
    microseconds: Mapping[tuple[int, ...], float]
    configurations: tuple[tuple[int, ...], ...] = ()
    """Of attention: (heads, key and value heads, head size), the first entry of each key then being its place here."""

    def encoded(self) -> tuple[dict[str, Any], bytes]:
        """What the header says of the table, and its part of the payload."""
        has_configurations = bool(self.configurations)
        sizes = [key[1:] if has_configurations else key for key in self.microseconds]
        values = [sorted({size[place] for size in sizes}) for place in range(len(self.axes))]
        places = [{value: place for place, value in enumerate(axis)} for axis in values]
        lengths = ([len(self.configurations)] if has_configurations else []) + [len(axis) for axis in values]
        shortest, longest = min(self.microseconds.values()), max(self.microseconds.values())
        step = math.log(longest / shortest) / LARGEST_CODE or 1.0
        codes: dict[int, int] = {}
        for key, time in self.microseconds.items():
            index = key[0] if has_configurations else 0
            for axis, value in enumerate(key[1:] if has_configurations else key):
                index = index * len(values[axis]) + places[axis][value]
            codes[index] = min(LARGEST_CODE, round(math.log(time / shortest) / step))
        presence = bytearray((math.prod(lengths) + 7) // 8)
        for index in codes:
            presence[index // 8] |= 1 << index % 8
        times = struct.pack(f"<{len(codes)}H", *(codes[index] for index in sorted(codes)))
        header: dict[str, Any] = {
            "kind": self.kind,
            "element_type": self.element_type,
            "engine": self.engine,
            "kernels": list(self.kernels),
            "axes": [{"name": name, "values": axis} for name, axis in zip(self.axes, values, strict=True)],
            "points": len(codes),
            "shortest_us": shortest,
            "step": step,
        }
        if has_configurations:
            header["configurations"] = [list(configuration) for configuration in self.configurations]
        return header, bytes(presence) + times


def write_kernel_tables(
    path: Path,
    device: str,
    measured_on: str,
    source: Mapping[str, str],
    tables: Sequence[KernelTable],
    launch: Mapping[str, float] | None = None,
) -> None:
    """Writes the file; a former one stays until this one is complete.

    Args:
        device: the device's name in the catalogue, whose figures are the roofline outside of the tables.
        measured_on: the device as the source names it.
        source: ``name``, ``url``, ``license`` and ``copyright`` of what the figures are from.
        launch: microseconds that an operation without work takes, ``dispatch_us`` and ``replay_us``, where measured.
    """
    headers: list[dict[str, Any]] = []
    payload = bytearray()
    for table in tables:
        header, content = table.encoded()
        headers.append({**header, "offset": len(payload), "bytes": len(content)})
        payload += content
    description: dict[str, Any] = {"device": device, "measured_on": measured_on, "source": dict(source)}
    if launch:
        description["launch"] = dict(launch)
    text = json.dumps({**description, "tables": headers}, separators=(",", ":")).encode()
    start = len(MAGIC) + 16 + len(text)
    head = MAGIC + struct.pack("<IIQ", VERSION, len(text), start + len(payload))
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        unfinished.write_bytes(head + text + payload)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_times(path: Path) -> tuple[dict[str, Any], list[dict[tuple[int, ...], float]]]:
    """The header of a file and the microseconds of each of its tables, by the keys of :class:`KernelTable`."""
    content = path.read_bytes()
    version, header_size, size = struct.unpack_from("<IIQ", content, len(MAGIC))
    if content[: len(MAGIC)] != MAGIC or version != VERSION or size != len(content):
        raise ValueError(f"{path}: no complete file of kernel tables of version {VERSION}")
    start = len(MAGIC) + 16 + header_size
    header: dict[str, Any] = json.loads(content[len(MAGIC) + 16 : start])
    return header, [times_of(table, content[start + table["offset"] :]) for table in header["tables"]]


def times_of(table: Mapping[str, Any], content: bytes) -> dict[tuple[int, ...], float]:
    """The microseconds of one table, from its part of the payload on."""
    values = [axis["values"] for axis in table["axes"]]
    if "configurations" in table:
        values.insert(0, list(range(len(table["configurations"]))))
    cells = math.prod(len(axis) for axis in values)
    codes = array("H", content[(cells + 7) // 8 : (cells + 7) // 8 + 2 * table["points"]])
    times: dict[tuple[int, ...], float] = {}
    for index in range(cells):
        if content[index // 8] >> index % 8 & 1:
            key: list[int] = []
            rest = index
            for axis in reversed(values):
                rest, place = divmod(rest, len(axis))
                key.insert(0, axis[place])
            times[tuple(key)] = table["shortest_us"] * math.exp(table["step"] * codes[len(times)])
    return times
