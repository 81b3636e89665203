"""Measures the cluster that it runs on.

    torchrun --nproc-per-node 2 -m uniference.calibration.measure --output measurements.json
"""

from __future__ import annotations

import argparse
import os
import pathlib
import re
import signal
import sys
import time
import warnings
from collections.abc import Callable
from datetime import timedelta
from types import FrameType
from typing import Any

import torch
import torch.distributed as dist

from uniference.calibration import collectives, kernels, messages
from uniference.calibration.bench import Bench, Effort
from uniference.calibration.figures import Measurements, medians, read_former
from uniference.calibration.hosts import describe_host
from uniference.calibration.interfaces import choose_interface
from uniference.calibration.progress import Progress

SECTIONS = ("messages", "collectives", "kernels")
TIMEOUT = timedelta(minutes=3)
FAILED = 65
GLOO_SOURCE = r"\[[^\[\]]*\.cc:\d+\] "
"""Where in gloo something has failed, which its messages name."""


class Ended(BaseException):
    """Somebody has asked the process to end."""


def main() -> None:
    """Measures, and leaves what was measured in a file, complete or not."""
    options = _options()
    signal.signal(signal.SIGTERM, _end)
    # torch is about to rename a collective.
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
    choose_interface()
    _join()
    rank = dist.get_rank()
    if dist.get_world_size() < 2:
        sys.exit("uniference: error: calibration needs at least 2 ranks, and this is the only one")
    device = torch.device(options.device)
    hosts: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(hosts, describe_host(rank, device))
    document: Measurements | None = None
    former = _former(options, [host["name"] for host in hosts])
    if rank == 0:
        document = Measurements(
            options.output, backend="gloo", stated_rate=options.stated_rate,
            stated_burst_bytes=options.stated_burst, stated_packet_bytes=options.stated_packet,
            stated_shared_cores=options.stated_shared_cores, stated_progress=options.stated_progress, hosts=hosts,
            sections=options.sections)
        if former is not None:
            document.go_on_with(former)
    effort = Effort(
        options.repetitions, min(7, options.repetitions), options.seconds, options.patience, options.largest)
    bench = Bench(effort, document, Progress.on_standard_error(rank == 0), f"rank {rank} ({hosts[rank]['name']})")
    bench.former = medians(former) if former is not None else {}
    failure = _run(bench, options.sections, device)
    # From here on nobody has to hurry: what is to be said is said, even if a launcher is ending its ranks.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if document is not None:
        document.end(failure)
        if failure is None:
            print(f"{options.output}: all has been measured", file=sys.stderr)
    if failure is not None:
        failure = _name_silent_ranks(failure, bench, hosts)
        if document is not None:
            document.end(failure)
        print(f"uniference: error: {failure}", file=sys.stderr, flush=True)
        # Destroying the group would wait for those who are gone.
        os._exit(FAILED)
    dist.destroy_process_group()


def _join() -> None:
    """Meets the other ranks, or leaves with a line that says why not."""
    try:
        dist.init_process_group("gloo", timeout=TIMEOUT)
    except Exception as error:
        interface = os.environ.get("GLOO_SOCKET_IFNAME", "the default interface")
        reason = re.sub(GLOO_SOURCE, "", _first_line(error))
        print(
            f"uniference: error: rank {os.environ.get('RANK', '?')} cannot join the others by gloo over {interface}: "
            f"{reason}; set GLOO_SOCKET_IFNAME to the interface that reaches them, and let them connect on any port",
            file=sys.stderr, flush=True)
        # Connections that are half made would be waited for.
        os._exit(FAILED)


def _former(options: argparse.Namespace, hosts: list[str]) -> dict[str, Any] | None:
    """What an earlier run has left, as rank 0 reads it; all ranks leave together where it cannot be gone on with."""
    if not options.resume:
        return None
    found: list[Any] = [None, None]
    if dist.get_rank() == 0:
        try:
            found[0] = read_former(options.output, hosts)
        except ValueError as error:
            found[1] = str(error)
    dist.broadcast_object_list(found, src=0)
    if found[1] is not None:
        if dist.get_rank() == 0:
            print(f"uniference: error: {found[1]}", file=sys.stderr, flush=True)
        dist.destroy_process_group()
        sys.exit(FAILED)
    former: dict[str, Any] = found[0]
    return former


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="uniference.calibration.measure", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("measurements.json"),
                        help="where rank 0 keeps what has been measured")
    parser.add_argument("--resume", action="store_true",
                        help="go on with what an earlier run, which did not come to its end, has left in --output")
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS), help="all unless given")
    parser.add_argument("--stated-rate", help="what the links are said to carry, such as '1 Gbps'")
    burst = os.environ.get("UNIFERENCE_LINK_BURST")
    parser.add_argument("--stated-burst", type=int, default=int(burst) if burst else None,
                        help="bytes that links are known to let pass at once after a rest; a testbed says so")
    packet = os.environ.get("UNIFERENCE_LINK_PACKET")
    parser.add_argument("--stated-packet", type=int, default=int(packet) if packet else None,
                        help="in packets of how many bytes they do so; a testbed says so")
    cores = os.environ.get("UNIFERENCE_SHARED_CORES")
    parser.add_argument("--stated-shared-cores", type=int, default=int(cores) if cores else None,
                        help="cores that all ranks are known to share; a testbed says so")
    parser.add_argument("--stated-progress", default=os.environ.get("UNIFERENCE_PROGRESS"), choices=["weak"],
                        help="the library's progress model, where it is known; a testbed says so")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu",
                        help="what the ranks compute on")
    parser.add_argument("--repetitions", type=int, default=25, help="most repetitions of one measurement (25)")
    parser.add_argument("--seconds", type=float, default=1.5, help="time for one measurement (1.5)")
    parser.add_argument("--patience", type=float, default=30.0,
                        help="what takes longer than these seconds for 7 repetitions is left out (30)")
    parser.add_argument("--largest", type=int, default=1 << 62, help="bytes of the largest payload; 64 MB unless given")
    options = parser.parse_args()
    if options.repetitions < 1:
        parser.error("--repetitions must be at least 1")
    return options


def _run(bench: Bench, sections: list[str], device: torch.device) -> str | None:
    """Measures the sections; what has ended it early, in one line."""
    parts: dict[str, tuple[float, Callable[[], None]]] = {
        "messages": (messages.steps(bench.size), lambda: messages.measure_messages(bench)),
        "collectives": (collectives.steps(), lambda: collectives.measure_collectives(bench)),
        "kernels": (kernels.steps(bench.size), lambda: kernels.measure_kernels(bench, device)),
    }
    for section in sections:
        bench.progress.plan(parts[section][0])
    try:
        for section in sections:
            parts[section][1]()
    except Ended:
        return "the measuring was told to end (SIGTERM); a rank may have died, which torchrun says above"
    except Exception as error:
        return _first_line(error)
    return None


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _name_silent_ranks(reason: str, bench: Bench, hosts: list[Any]) -> str:
    """The reason with the ranks that are not heard of any more."""
    silent = _silent_ranks(bench)
    if not silent:
        return reason
    names = ", ".join(f"rank {rank} ({hosts[rank]['name']})" for rank in silent)
    return f"{names} {'has' if len(silent) == 1 else 'have'} died or cannot be reached any more: {reason}"


def _silent_ranks(bench: Bench) -> list[int]:
    """Everybody who notices a failure says so in the store; who says nothing is the one that is missed."""
    try:
        store = dist.distributed_c10d._get_default_store()
        store.set(f"calibration/noticed/{bench.rank}", "")
        time.sleep(2)
        return [rank for rank in range(bench.size) if not store.check([f"calibration/noticed/{rank}"])]
    except Exception:
        # The store is gone together with the host that had it.
        return [0] if bench.rank else []


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise Ended


if __name__ == "__main__":
    main()
