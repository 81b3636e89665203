"""What scripts would miss here, looked for before a long measurement rather than in the middle of it.

    python -m uniference.preflight script.py ...

Prints a line for each thing that is missing, with what to do about it, and nothing where all is there.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import pathlib
import sys
from collections.abc import Iterator

TORCH_VERSION = "2.13"


def main() -> None:
    """Looks at this Python and at the scripts that are named."""
    parser = argparse.ArgumentParser(
        prog="uniference.preflight", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", nargs="*", type=pathlib.Path, metavar="script.py")
    for problem in problems(parser.parse_args().scripts):
        print(problem, flush=True)


def problems(scripts: list[pathlib.Path]) -> Iterator[str]:
    """A line for each thing that is missing."""
    yield from _problems_of_torch()
    for script in scripts:
        yield from _problems_of_script(script)


def _problems_of_torch() -> Iterator[str]:
    install = f"install it by: {sys.executable} -m pip install 'torch=={TORCH_VERSION}.*'"
    try:
        import torch
        import torch.distributed
    except Exception as error:
        yield f"{sys.executable} cannot import PyTorch ({_first_line(error)}); {install}"
        return
    if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
        yield f"PyTorch of {sys.executable} has no gloo, by which ranks talk; {install}"


def _problems_of_script(script: pathlib.Path) -> Iterator[str]:
    """Whether it can be read, and whether there are the modules that it imports on every run."""
    try:
        tree = ast.parse(script.read_bytes(), str(script))
    except OSError as error:
        yield f"{script} cannot be read: {error.strerror}"
        return
    except SyntaxError as error:
        yield f"{script}:{error.lineno}: {error.msg}"
        return
    missing = sorted({name for name in _imported(tree) if not _exists(name, script.parent)})
    # A script that changes the path finds modules where nobody else would look.
    if missing and not any(_changes_path(node) for node in ast.walk(tree)):
        yield (f"{script} imports {', '.join(missing)}, which {sys.executable} does not have; install what it needs "
               f"by {sys.executable} -m pip install")


def _imported(tree: ast.Module) -> Iterator[str]:
    """Packages that are imported at the top, where nothing decides whether they are."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def _changes_path(node: ast.AST) -> bool:
    return (isinstance(node, ast.Attribute) and node.attr == "path"
            and isinstance(node.value, ast.Name) and node.value.id == "sys")


def _exists(package: str, folder: pathlib.Path) -> bool:
    """Whether a script in the folder would find the package."""
    if any((folder / package).with_suffix(suffix).exists() for suffix in ("", ".py")):
        return True
    return importlib.util.find_spec(package) is not None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


if __name__ == "__main__":
    main()
