from __future__ import annotations

import socket

import pytest

from console.stack import CannotStart
from console.stack.ports import claim, free_ports


def test_claim__port_in_use__names_the_variable_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(
            CannotStart, match=rf"^port {port} on 127\.0\.0\.1 is in use: set SERIN_CONSOLE_PORT"
        ):
            claim("SERIN_CONSOLE_PORT", port, ["127.0.0.1"])


def test_claim__stranger_on_the_other_loopback_address__is_refused() -> None:
    # 127.0.0.2 stands for ::1, which not every machine has.
    with socket.create_server(("127.0.0.2", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=r"127\.0\.0\.2 is in use"):
            claim("SERIN_GATEWAY_PORT", port, ["127.0.0.1", "127.0.0.2"])


def test_claim__free_port__leaves_it_free() -> None:
    (port,) = free_ports(1)
    claim("SERIN_CONSOLE_PORT", port, ["127.0.0.1", "::1"])
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_claim__machine_without_the_address__asks_only_about_the_others() -> None:
    (port,) = free_ports(1)
    claim("SERIN_CONSOLE_PORT", port, ["192.0.2.1", "127.0.0.1"])


def test_free_ports__several__are_all_different() -> None:
    assert len(set(free_ports(20))) == 20
