"""Which network interface gloo is to use."""

from __future__ import annotations

import os
import socket
import struct
import sys

_SIOCGIFADDR = 0x8915
"""Linux's request for an interface's address (netdevice(7))."""


def choose_interface() -> None:
    """Has gloo use the interface by which this machine reaches rank 0's, unless somebody has chosen one.

    gloo takes the one that this machine's name stands for, and many systems give that the address 127.0.1.1.
    """
    if "GLOO_SOCKET_IFNAME" not in os.environ:
        name = interface_towards(os.environ.get("MASTER_ADDR", ""))
        if name is not None:
            os.environ["GLOO_SOCKET_IFNAME"] = name


def interface_towards(host: str) -> str | None:
    """The interface with the address from which packets to a host leave. ``None`` where that is the loopback, where the
    host is not known, and on other systems than Linux."""
    if not host or sys.platform != "linux":
        return None
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            # Chooses a route and sends nothing.
            probe.connect((host, 9))
            own = probe.getsockname()[0]
            names = [name for _, name in socket.if_nameindex() if _address(probe, name) == own]
    except OSError:
        return None
    return names[0] if names and not own.startswith("127.") else None


def _address(probe: socket.socket, interface: str) -> str | None:
    import fcntl

    try:
        answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
    except OSError:
        return None
    return socket.inet_ntoa(answer[20:24])
