"""Changes of documents and of bytes, as people, programs and disks get them wrong; the same ones for the same seed."""

import copy
import json
import math
import random
from typing import Any

NUMBERS = [
    0, -1, 1, 2, 3, 0.5, 1e-9, 5e-324, 1e308, -1e308, 1e19, 2**63 - 1, 2**63, 2**64, 2**31 - 1, 2**31, 2**32, 65_535,
    65_536, 16_777_217, 1_048_576, 1_000_000, 1e12, 9_158_400, 9_158_401, 100_000, 100_001, 1e-7, 1e-30, math.nan,
    math.inf,
    -math.inf, 3.14159,
]
TEXTS = [
    "", " ", "a", "null", "~", "true", "never", "none", "all", "single", "tensor=2", "pipeline=0", "\x1b[31mred\x1b[0m",
    "a\nb", "\t", "\u202e", "\u009b2J", "\U0001f4a5", "../../etc/passwd", "/dev/null", "{a: b}", "*a", "<<", "%s%n",
    "x" * 5000,
    "1 Gbps", "0.5 ms", "ring", "float16", "1e308 Gbps", "99999999 h", "1e30 TB", "-5 us", "1e400", "host0->switch",
]
EDGES = [0, 1, 255, 65_535, 2**24, 2**31 - 1, 2**31, 2**32, 2**40, 2**60, 2**63 - 1, 2**63, 2**64 - 1]
UNITS = ["bps", "Gbps", "GB/s", "ps", "us", "s", "h", "B", "GiB", "TB", "FLOPS", "EFLOPS", "W", "%", "x", ""]


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Every container with every key in it."""
    found = []
    stack = [tree]
    while stack:
        node = stack.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
        for key in keys:
            found.append((node, key))
            stack.append(node[key])
    return found


def mutated(tree: Any, source: random.Random) -> Any:
    """The document with one to four changes."""
    tree = copy.deepcopy(tree)
    for _ in range(source.randint(1, 4)):
        found = places(tree)
        if not found:
            return tree
        change(*source.choice(found), source)
    return tree


def change(node: Any, key: Any, source: random.Random) -> None:
    value = node[key]
    action = source.randrange(8)
    if action == 0:
        del node[key]
    elif action == 1 and isinstance(node, list):
        node.extend(copy.deepcopy(value) for _ in range(source.choice([1, 3, 30])))
    elif action == 1:
        node[str(key)[:-1] or "x"] = node.pop(key)
    elif action == 2:
        node[key] = [value]
    elif action == 3:
        node[key] = source.choice([None, True, False, [], {}, *TEXTS])
    elif isinstance(value, str) and len(parts := value.split(" ")) == 2 and source.random() < 0.8:
        unit = parts[1] if source.random() < 0.8 else source.choice(UNITS)
        node[key] = f"{source.choice(NUMBERS)} {unit}"
    elif isinstance(value, str):
        node[key] = source.choice(TEXTS)
    else:
        node[key] = source.choice(NUMBERS) if source.random() < 0.8 else source.randint(-3, 40)


def document(tree: Any) -> str:
    """JSON, which is YAML, too; with numbers that JSON does not have."""
    return json.dumps(tree)


def mutated_bytes(data: bytes, source: random.Random) -> bytes:
    """The bytes with one to eight changes."""
    changed = bytearray(data)
    for _ in range(source.randint(1, 8)):
        if not changed:
            return bytes(source.randrange(256) for _ in range(source.randrange(10)))
        place = source.randrange(len(changed))
        action = source.randrange(8)
        if action < 2:
            changed[place] ^= 1 << source.randrange(8)
        elif action == 2:
            changed[place] = source.randrange(256)
        elif action < 5:
            width = source.choice([1, 2, 4, 8])
            edge = source.choice(EDGES)
            number = (edge % 2 ** (8 * width)).to_bytes(width, "little")
            changed[place : place + width] = number[: len(changed) - place]
        elif action == 5:
            del changed[place : place + source.randint(1, 16)]
        elif action == 6:
            other = source.randrange(len(changed))
            changed[other:other] = changed[place : place + source.randint(1, 16)]
        elif source.random() < 0.25:
            del changed[place:]
    return bytes(changed)
