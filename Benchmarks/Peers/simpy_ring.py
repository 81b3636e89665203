"""A ring of SimPy processes that hand each other messages; prints one JSON object.

As many messages as asked for, each after a delay of its sender, and nothing else: no network, no shares, no sizes.
"""

import json
import platform
import sys
import time
from collections.abc import Iterator
from typing import Any

import simpy


def member(environment: Any, inbox: Any, neighbour: Any, steps: int) -> Iterator[Any]:
    for step in range(steps):
        yield environment.timeout(1)
        neighbour.put(step)
        yield inbox.get()


def main() -> None:
    ranks, messages = int(sys.argv[1]), int(sys.argv[2])
    steps = max(1, messages // ranks)
    start = time.perf_counter()
    environment = simpy.Environment()
    inboxes = [simpy.Store(environment) for _ in range(ranks)]
    for rank in range(ranks):
        environment.process(member(environment, inboxes[rank], inboxes[(rank + 1) % ranks], steps))
    environment.run()
    wall = time.perf_counter() - start
    versions = {"simpy": simpy.__version__, "python": platform.python_version()}
    print(json.dumps({"ranks": ranks, "messages": ranks * steps, "wall_s": wall} | versions))


main()
