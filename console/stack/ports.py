"""Whether the ports of Serin can be had, asked before anything is started."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterable
from contextlib import ExitStack

from . import CannotStart


def claim(variable: str, port: int, addresses: Iterable[str]) -> None:
    """Raises CannotStart, naming the variable that changes the port, unless it is free on every address.

    Both loopback addresses are worth asking about: a stranger on [::1] would answer for `localhost`.
    """
    for address in addresses:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                # As the servers do: connections of the last run that linger in TIME_WAIT are no obstacle.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
        except PermissionError:
            raise CannotStart(f"port {port} needs more rights: set {variable} to one above 1023") from None
        except OSError as error:
            if error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:  # a machine without IPv6
                continue
            if error.errno != errno.EADDRINUSE:
                raise CannotStart(
                    f"nothing can listen on {address}: {error.strerror}; see SERIN_BIND"
                ) from None
            raise CannotStart(f"port {port} on {address} is in use: set {variable} to a free one") from None


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody uses at this moment, all different."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
