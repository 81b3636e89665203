"""The fenced blocks of README.md and Documentation/*.md, and what is to become of each.

A comment in the line before a block says it where the language does not:

    <!-- not run: REASON -->        why nobody runs it
    <!-- run by PATH -->            which test does
    <!-- printed by: COMMAND -->    what prints the lines shown; those between two are left out by `...`

Every line of a block in `sh` is run, in a folder like the package's; a block in `yaml` is a scenario, or all or a part
of a cluster.
"""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "Documentation").glob("*.md"))]
MARK = re.compile(r"<!-- (not run|run by|printed by):? (.+) -->")


@dataclasses.dataclass(frozen=True)
class Block:
    """A fenced block."""

    document: str
    line: int
    language: str
    text: str
    mark: str = ""
    """`not run`, `run by` or `printed by`; empty where nothing is said."""
    value: str = ""
    """What follows the mark."""

    @property
    def place(self) -> str:
        return f"{self.document}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """The lines of a shell script, joined where a backslash ends them, without comments."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [line.partition("  #")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def blocks_of(document: pathlib.Path) -> list[Block]:
    blocks = []
    lines = document.read_text().splitlines()
    begin = None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if begin is None:
            begin = number
            continue
        mark = MARK.fullmatch(lines[begin - 1])
        blocks.append(
            Block(
                str(document.relative_to(ROOT)),
                begin + 1,
                lines[begin][3:].partition(" ")[0],
                "\n".join(lines[begin + 1 : number]) + "\n",
                *(mark.groups() if mark else ()),
            )
        )
        begin = None
    assert begin is None, f"{document}:{begin}: a block without an end"
    return blocks


BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]
