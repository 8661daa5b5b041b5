"""Ports of this machine."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from typing import Final

FIRST: Final = 15_000
LAST: Final = 32_767
"""By default Linux gives outgoing connections ports above this one (``net.ipv4.ip_local_port_range``), others higher
ones, so none of these is taken between the look and the start."""
TRIES: Final = 1_000
_draw = random.SystemRandom().randint


def free_port() -> int:
    """A TCP port of loopback that nobody listens on now; whoever wants it should take it soon."""
    return free_ports(1)[0]


def free_ports(count: int) -> range:
    """So many free ports that follow each other.

    Raises
    ------
    OSError
        If none are found: nothing can be listened on here, or nearly all ports are taken.
    """
    for _ in range(TRIES):
        first = _draw(FIRST, LAST + 1 - count)
        ports = range(first, first + count)
        if _all_free(ports):
            return ports
    raise OSError(f"no {count} free ports that follow each other on 127.0.0.1 from {FIRST} to {LAST}")


def _all_free(ports: range) -> bool:
    with ExitStack() as probes:
        for port in ports:
            try:
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
