"""The environment variables that torchrun sets."""

from __future__ import annotations

from collections.abc import Mapping


def rank_environment(
    rank: int, world_size: int, inherited: Mapping[str, str], per_machine: int | None = None
) -> dict[str, str]:
    """The environment of one rank, as ``torchrun --nnodes --nproc-per-node`` makes it.

    ``per_machine``: ranks on each machine; all are on one unless given. The last machine may have fewer.

    Source: ``torch/distributed/elastic/agent/server/local_elastic_agent.py``, torch 2.13.
    """
    size = per_machine or world_size
    machine = rank // size
    environment = dict(inherited)
    environment.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank % size),
        WORLD_SIZE=str(world_size),
        LOCAL_WORLD_SIZE=str(min(size, world_size - machine * size)),
        GROUP_RANK=str(machine),
        GROUP_WORLD_SIZE=str(-(-world_size // size)),
        ROLE_NAME="default",
        ROLE_RANK=str(rank),
        ROLE_WORLD_SIZE=str(world_size),
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=inherited.get("MASTER_PORT", "29500"),
        TORCHELASTIC_RESTART_COUNT="0",
        TORCHELASTIC_MAX_RESTARTS="0",
        TORCHELASTIC_RUN_ID="uniference",
    )
    return environment
