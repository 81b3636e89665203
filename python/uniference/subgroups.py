"""How groups are made of groups: what all ranks have to agree on, and the names by which ranks know a group.

Torch's own names are not enough. It counts groups anew after each ``init_process_group``, and names what
``split_group`` makes after the number of groups that a rank has made before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import torch.distributed as dist
from torch.distributed import distributed_c10d as c10d

from uniference.session import Session

SHORTEST_PROGRESSION = 5
"""So many ranks at equal distances are described by the first two and the last one."""


class Subgroups:
    """The groups of this process's world, as those that make them know them."""

    def __init__(self, session: Callable[[], Session | None]) -> None:
        self._session = session
        self.initialization = ""
        """Which ``init_process_group`` the groups belong to: the same on all ranks."""
        self._meetings: Counter[str] = Counter()
        self._next_initialization = ""
        self._splits: Counter[str] = Counter()
        self._split_name: str | None = None

    def meet(self, place: str) -> str:
        """The ranks of the next default group meet at a place; what they call this meeting."""
        self._meetings[place] += 1
        self._next_initialization = f"{place}#{self._meetings[place]}"
        return self._next_initialization

    def begin(self) -> None:
        """The default group is made."""
        self.initialization = self._next_initialization or self.meet("store of the script's own")
        self._next_initialization = ""

    def shared_name(self, name: str) -> str:
        """What all members call the group that is being made, which torch calls ``name`` in this process."""
        return self._split_name or name

    def declare(self, name: str, ranks: Sequence[int], backend: Any) -> None:
        """Tells the engine of a call of ``new_group``, also where this rank is no member.

        Groups that only their members make (``use_local_synchronization``) have names that are no numbers.
        """
        session = self._session()
        if session is None or not name.isdigit():
            return
        arguments = described(ranks)
        if str(backend) != str(c10d._world.pg_map[c10d._get_default_group()][0]):
            arguments += f", backend='{backend}'"
        session.declare("new_group", f"{self.initialization}/{name}", arguments)

    def split_group(
        self,
        parent_pg: dist.ProcessGroup | None = None,
        split_ranks: list[list[int]] | None = None,
        timeout: timedelta | None = None,
        pg_options: Any = None,
        group_desc: str | None = None,
        backend: Any = None,
    ) -> dist.ProcessGroup | None:
        """Stands for ``torch.distributed.split_group``, which asks NCCL: the group with this rank."""
        if not split_ranks:
            raise ValueError("split_ranks cannot be None or empty")
        parent: Any = parent_pg or c10d._get_default_group()
        if not getattr(parent, "splits", True):
            raise RuntimeError("No device associated with the default pg, not safe to split any process groups")
        for ranks in split_ranks:
            if len(ranks) == 0:
                raise ValueError("the split group cannot be empty")
            if len(set(ranks)) != len(ranks):
                raise ValueError("the split group cannot have duplicate ranks")
        split = self._next_split(parent, split_ranks)
        own = next((sorted(ranks) for ranks in split_ranks if parent.rank() in ranks), None)
        if own is None:
            return None
        self._split_name = split
        try:
            group: dist.ProcessGroup = dist.new_group(
                [dist.get_global_rank(parent, rank) for rank in own],
                timeout=timeout,
                backend=backend or dist.get_backend(parent),
                pg_options=pg_options,
                use_local_synchronization=True,
                group_desc=group_desc,
            )
        finally:
            self._split_name = None
        return group

    def _next_split(self, parent: Any, split_ranks: Sequence[Sequence[int]]) -> str:
        """The name of the parent's next split, of which all its members tell the engine."""
        name = getattr(parent, "shared_name", parent.group_name)
        key = f"{self.initialization}/{name} of {dist.get_process_group_ranks(parent)}"
        self._splits[key] += 1
        split = f"{name}:split:{self._splits[key]}"
        session = self._session()
        if session is not None:
            parts = ", ".join(described(sorted(ranks)) for ranks in split_ranks)
            session.declare("split_group", f"{key}:split:{self._splits[key]}", f"[{parts}]")
        return split


def described(ranks: Sequence[int]) -> str:
    """``[0, 1]``; of many ranks at equal distances ``[0, 8, ..., 504]``."""
    parts: list[str] = []
    start = 0
    while start < len(ranks):
        end = progression_end(ranks, start)
        if end - start >= SHORTEST_PROGRESSION:
            parts += [str(ranks[start]), str(ranks[start + 1]), "...", str(ranks[end - 1])]
        else:
            end = start + 1
            parts.append(str(ranks[start]))
        start = end
    return f"[{', '.join(parts)}]"


def progression_end(ranks: Sequence[int], start: int) -> int:
    """Where the ranks from ``start`` on cease to be at equal distances."""
    end = start + 2
    while end < len(ranks) and ranks[end] - ranks[end - 1] == ranks[start + 1] - ranks[start]:
        end += 1
    return min(end, len(ranks))
