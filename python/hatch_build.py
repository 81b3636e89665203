"""Puts the tool and its files, as Scripts/build-wheel.sh has laid them out, into the wheel."""

from __future__ import annotations

import os
import pathlib
import platform
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ProgramHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds ``bin`` and ``share`` of the folder that ``UNIFERENCE_STAGE`` names, if any, and this platform's tag."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """See hatchling: called before the wheel is written."""
        folder = os.environ.get("UNIFERENCE_STAGE")
        if folder is None:
            return
        stage = pathlib.Path(folder)
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform_tag(stage / 'bin' / 'uniference')}"
        for program in sorted((stage / "bin").iterdir()):
            build_data["shared_scripts"][str(program)] = program.name
        build_data["shared_data"][str(stage / "share")] = "share"


def platform_tag(program: pathlib.Path) -> str:
    """The platform of a wheel that holds this program: on Linux, by the newest symbols of glibc that it uses."""
    machine = platform.machine()
    if sys.platform == "darwin":
        return f"macosx_15_0_{machine}"
    return f"manylinux_{'_'.join(map(str, oldest_glibc(program)))}_{machine}"


def oldest_glibc(program: pathlib.Path) -> tuple[int, ...]:
    """The oldest version of glibc that has all symbols of glibc that the program uses."""
    from auditwheel.elfutils import elf_find_versioned_symbols
    from elftools.elf.elffile import ELFFile

    with program.open("rb") as file:
        symbols = elf_find_versioned_symbols(ELFFile(file))
        versions = {symbol for _, symbol in symbols if symbol.startswith("GLIBC_")}
    return max(tuple(int(part) for part in version.removeprefix("GLIBC_").split(".")) for version in versions)[:2]
