"""Makes ``torch.distributed`` give scripts simulated process groups, whatever backend they ask for."""

from __future__ import annotations

import importlib
import secrets
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import torch.distributed as dist
from torch._C._distributed_c10d import Store
from torch.distributed import distributed_c10d as c10d
from torch.distributed.constants import default_pg_nccl_timeout

from uniference import compiling, ddp, futures
from uniference.framework_time import exclude_framework_time
from uniference.process_group import BACKEND, UniferenceProcessGroup
from uniference.session import Session
from uniference.store import EngineStore
from uniference.subgroups import Subgroups

SessionFactory = Callable[[str, int, int], Session]
"""Gives this process's session, of the world, rank and world size (-1: not known) that the script has named."""

DEVICE_TYPES = ["cpu", "cuda", "xpu", "mps"]
LEFT_ALONE = frozenset({"fake", "threaded"})
"""Torch's own imitations of process groups, which need no network."""
STORE_KEY = "uniference/world"
MAIN_PHASE = "main"
"""What the engine calls a script's time from its default group on."""
END_PHASE = "end"
"""What it calls the time after it."""


class Integration:
    """What is put into ``torch.distributed``, and this process's session once there is one."""

    def __init__(
        self, session: Session | None, session_factory: SessionFactory, leave: Callable[[], None] | None
    ) -> None:
        self.session = session
        self._leave = leave
        self._session_factory = session_factory
        self._make_group: Callable[..., Any] = c10d._new_process_group_helper
        self._backends: Mapping[str, str] = {}
        self._subgroups = Subgroups(lambda: self.session)
        self._stores: list[EngineStore] = []
        """Kept here, since torch's own references do not keep the Python part of a store alive."""

    def install(self) -> None:
        """Registers the backend and replaces the functions through which torch makes groups and stores."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dist.Backend.register_backend(BACKEND, self._create, extended_api=True, devices=DEVICE_TYPES)
        torch_c10d: Any = c10d
        torch_c10d._new_process_group_helper = self.new_process_group
        c10d.split_group = dist.split_group = self._subgroups.split_group
        self._update_default_group = c10d._update_default_pg
        torch_c10d._update_default_pg = self.update_default_group
        exclude_framework_time(lambda: self.session)
        futures.install()
        ddp.install()
        compiling.skip_package()
        if not hasattr(dist, "set_timeout"):
            # What later versions of torch call it; programs that are written for those run, too.
            newer: Any = dist
            newer.set_timeout = set_timeout
        rpc: Any = importlib.import_module("torch.distributed.rpc")
        rpc.init_rpc = refuse_rpc
        rendezvous: Any = importlib.import_module("torch.distributed.rendezvous")
        rendezvous._create_c10d_store = name_of_address
        rendezvous.FileStore = name_of_file
        handlers = rendezvous._rendezvous_handlers
        for scheme in ("env", "tcp", "file"):
            handlers[scheme] = self._rendezvous_handler(handlers[scheme])

    def new_process_group(
        self,
        group_size: int,
        group_rank: int,
        global_ranks_in_group: Sequence[int],
        backend: Any,
        store: Store,
        group_name: str,
        **others: Any,
    ) -> Any:
        """Stands for ``_new_process_group_helper``: our group for whatever backend, of which torch then tells."""
        if str(backend) in LEFT_ALONE:
            return self._make_group(
                group_size, group_rank, global_ranks_in_group, backend, store, group_name, **others
            )
        config = c10d.BackendConfig(dist.Backend(str(backend)))
        self._backends = {device: str(name) for device, name in config.get_device_backend_map().items()}
        unknown = [name for name in self._backends.values() if name not in dist.Backend.backend_list]
        if unknown:
            raise AssertionError(f"Unknown backend type {unknown[0]}")
        if global_ranks_in_group:
            self._subgroups.declare(group_name, global_ranks_in_group, backend)
        else:
            session = self._session_for(store, group_rank, group_size)
            if group_size < 0:
                group_rank, group_size = session.rank, session.world_size
                store = self._store(session, "mpi")
            check_place(session, group_rank, group_size)
            self._subgroups.begin()
        group, group_store = self._make_group(
            group_size, group_rank, global_ranks_in_group, BACKEND, store, group_name, **others
        )
        if isinstance(group, UniferenceProcessGroup):
            c10d._world.pg_map[group] = (backend, group_store)
            c10d._world.pg_backend_config[group] = str(config)
        return group, group_store

    def update_default_group(self, group: Any) -> None:
        """Stands for ``_update_default_pg``: the script has a default group now, or none any more.

        Without one, a process that joined a world for its groups leaves it.
        """
        self._update_default_group(group)
        if self.session is not None:
            self.session.begin_phase(MAIN_PHASE if group is not None else END_PHASE)
        if group is None:
            self.leave()

    def leave(self) -> None:
        """Leaves the world, if the process has joined it for its groups; nothing otherwise."""
        if self._leave is not None and self.session is not None:
            self.session = None
            self._leave()

    def _create(self, options: Any, _: Any) -> UniferenceProcessGroup:
        """What torch calls to make a group of the registered backend."""
        if self.session is None:
            raise RuntimeError("this process has no session with the engine; call init_process_group first")
        return UniferenceProcessGroup(
            self.session,
            options.store,
            options.group_rank,
            list(options.global_ranks_in_group) or list(range(options.group_size)),
            options.group_id,
            self._subgroups.initialization,
            self._subgroups.shared_name(options.group_id),
            self._backends,
            explicit_timeout(options.timeout),
        )

    def _connect(self, world: str, rank: int, world_size: int) -> Session:
        if self.session is None:
            self.session = self._session_factory(world, rank, world_size)
        return self.session

    def _session_for(self, store: Store, rank: int, world_size: int) -> Session:
        """The session, whose world is named through a store of the script's own if it has brought one."""
        if self.session is not None:
            return self.session
        if world_size < 0:
            return self._connect("mpi", rank, world_size)
        if rank == 0:
            store.set(STORE_KEY, secrets.token_hex(16))
        return self._connect(store.get(STORE_KEY).decode(), rank, world_size)

    def _store(self, session: Session, place: str) -> EngineStore:
        """A new store of those who meet at a place. Where they have met before, no keys of that time are left."""
        self._stores.append(EngineStore(session, self._subgroups.meet(place)))
        return self._stores[-1]

    def _rendezvous_handler(self, original: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """A handler that understands what torch's own does, and gives a store of the engine's."""

        def handler(url: str, **options: Any) -> Iterator[tuple[Store, int, int]]:
            place, rank, world_size = next(original(url, **options))
            session = self._connect(place, rank, world_size)
            check_place(session, rank, world_size)
            yield self._store(session, place), rank, world_size
            raise RuntimeError(f"Unable to perform re-rendezvous using {url}")

        return handler


def install(
    session: Session | None = None,
    session_factory: SessionFactory | None = None,
    leave: Callable[[], None] | None = None,
) -> Integration:
    """Has scripts in this process communicate through the engine from now on.

    Args:
        session: this process's session; if none, ``session_factory`` makes it when the script first needs it.
        leave: ends such a session, with the process's last group.
    """
    integration = Integration(session, session_factory or no_session, leave)
    integration.install()
    return integration


def no_session(world: str, rank: int, world_size: int) -> Session:
    raise RuntimeError(f"rank {rank} of {world_size} cannot join {world}: this process has no way to the engine")


def refuse_rpc(*arguments: Any, **options: Any) -> None:
    """Stands for ``torch.distributed.rpc.init_rpc``, whose agent would wait for a network that is not there."""
    raise NotImplementedError(
        "torch.distributed.rpc is not simulated; use collectives or send and recv, or run the script under torchrun"
    )


def check_place(session: Session, rank: int, world_size: int) -> None:
    """The script's rank has to be the engine's, and there have to be as many devices."""
    if rank != session.rank:
        raise ValueError(
            f"this process is rank {session.rank} of the simulation but calls itself rank {rank}; "
            f"take the rank from the environment variable RANK"
        )
    if world_size > session.world_size:
        raise ValueError(
            f"the script asks for {world_size} ranks but {session.world_size} have been started; start as many"
        )


def set_timeout(timeout: timedelta, group: Any = None) -> None:
    """The time-out of a group's operations from now on."""
    (group or c10d._get_default_group()).set_timeout(timeout)


def explicit_timeout(timeout: timedelta | None) -> timedelta | None:
    """A time-out that the script has chosen; not torch's own, since a deadlock is found at once anyway."""
    defaults = (dist.default_pg_timeout, default_pg_nccl_timeout)
    return None if timeout in defaults else timeout


def name_of_address(
    hostname: str, port: int, rank: int, world_size: int, timeout: timedelta, use_libuv: bool = True
) -> str:
    """Stands for torch's making of a ``TCPStore``: there is no server, only its name."""
    if not 0 <= port < 2**16:
        raise ValueError(f"port must have value from 0 to 65535 but was {port}.")
    return f"tcp://{hostname}:{port}/{world_size}"


def name_of_file(path: str, world_size: int) -> str:
    """Stands for torch's making of a ``FileStore``."""
    return f"file://{path}/{world_size}"
