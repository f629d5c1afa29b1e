"""`manage.py up` itself: the real programs on a real home."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from console.stack.leftovers import MARK
from console.stack.places import database_url
from console.stack.ports import free_ports
from console.stack.throwaway import ROOT
from tests.live import LiveStack, new_stack


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.status


def _answers(url: str) -> bool:
    try:
        return _status(url) == 200
    except OSError:
        return False


def _running(home: Path, words: str = "") -> set[int]:
    """The living processes of the stack on this home whose command line contains the words."""
    mark = f"{MARK}={home}".encode()
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                marked = mark in (folder / "environ").read_bytes().split(b"\0")
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                if marked and words in command:
                    found.add(int(folder.name))
    return found


def _wait_until(condition: Callable[[], bool], limit: float = 60) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_one_line(refused: subprocess.CompletedProcess[str], words: str) -> bool:
    line = refused.stderr
    return refused.returncode == 1 and line.startswith("serin: ") and words in line and line.count("\n") == 1


def test_up__empty_home__answers_under_both_names_with_the_sample_made(live_stack: LiveStack) -> None:
    for url in (live_stack.console_url, live_stack.gateway_url):
        port = url.rpartition(":")[2]
        assert [_status(f"http://{name}:{port}/healthz") for name in ("localhost", "127.0.0.1")] == [200, 200]
    with psycopg.connect(database_url(live_stack.home)) as connection:
        assert ("shop",) in connection.execute("SELECT name FROM releases_service").fetchall()
        assert ("admin",) in connection.execute("SELECT username FROM releases_user").fetchall()


def test_up__second_one_on_the_same_home__is_refused_in_one_line(live_stack: LiveStack) -> None:
    refused = live_stack.manage("up")
    assert _is_one_line(refused, f"already running on {live_stack.home} (process "), refused.stderr


@pytest.mark.parametrize("variable", ["SERIN_CONSOLE_PORT", "SERIN_GATEWAY_PORT"])
def test_up__port_in_use__names_the_variable_in_one_line(
    live_stack: LiveStack, tmp_path: Path, variable: str
) -> None:
    console_port, gateway_port = map(str, free_ports(2))
    ports = {"SERIN_CONSOLE_PORT": console_port, "SERIN_GATEWAY_PORT": gateway_port}
    with socket.create_server(("127.0.0.1", int(ports[variable]))):
        refused = live_stack.manage("up", SERIN_HOME=str(tmp_path), **ports)
    assert _is_one_line(refused, f"is in use: set {variable} to a free one"), refused.stderr


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SERIN_CONSOLE_PORT", "eighty"),
        ("DATABASE_URL", "postgresql://serin@127.0.0.1:1/serin"),
        ("DATABASE_URL", "mysql://127.0.0.1/serin"),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("REDIS_URL", "somewhere"),
        ("SERIN_HOME", "/dev/null"),
        ("SERIN_BIND", "999.1.1.1"),
    ],
)
def test_up__bad_variable__is_named_in_one_line(
    live_stack: LiveStack, tmp_path: Path, variable: str, value: str
) -> None:
    console_port, gateway_port = map(str, free_ports(2))
    ports = {"SERIN_CONSOLE_PORT": console_port, "SERIN_GATEWAY_PORT": gateway_port}
    refused = live_stack.manage("up", **{"SERIN_HOME": str(tmp_path), **ports, variable: value})
    assert _is_one_line(refused, variable), refused.stderr


def test_up__one_port_for_both__is_refused_in_one_line(live_stack: LiveStack, tmp_path: Path) -> None:
    port = str(free_ports(1)[0])
    refused = live_stack.manage(
        "up", SERIN_HOME=str(tmp_path), SERIN_CONSOLE_PORT=port, SERIN_GATEWAY_PORT=port
    )
    assert _is_one_line(refused, "must differ"), refused.stderr


def test_manage__command_beside_a_running_stack__uses_its_servers(live_stack: LiveStack) -> None:
    made = live_stack.manage("createaccesskey", "admin")
    assert set(json.loads(made.stdout)) == {"accessKeyId", "accessKeySecret", "accountId"}


def test_up__program_or_server_killed__comes_back() -> None:
    with new_stack() as stack:
        gateways = _running(stack.home, "console.gateway")
        pid_file = stack.home / "postgres" / "postmaster.pid"
        postmaster = pid_file.read_text().split("\n")[0]
        for number in {*gateways, int(postmaster)}:
            os.kill(number, signal.SIGKILL)
        _wait_until(lambda: _running(stack.home, "console.gateway").isdisjoint(gateways))
        _wait_until(lambda: pid_file.exists() and not pid_file.read_text().startswith(postmaster))
        _wait_until(lambda: _answers(f"{stack.gateway_url}/healthz"))
        _wait_until(lambda: _answers(f"{stack.console_url}/healthz"))
        assert " gateway | was killed by SIGKILL; it starts again in 0.5 s\n" in stack.log


def test_up__killed_hard__leaves_nothing_starts_again_and_stops_on_ctrl_c() -> None:
    with new_stack() as stack:
        holder = (stack.home / "run" / "stack.lock").read_text()
        os.kill(int(holder.removeprefix("process ").partition(":")[0]), signal.SIGKILL)
        _wait_until(lambda: not _running(stack.home))
        with subprocess.Popen(
            [sys.executable, "manage.py", "up"],
            cwd=ROOT,
            env=stack.environment,
            stdout=subprocess.PIPE,
            text=True,
        ) as again:
            assert again.stdout is not None
            assert any("serin | ready after" in line for line in again.stdout)
            again.send_signal(signal.SIGINT)
            rest = again.stdout.read()
        assert again.returncode == 0, rest
        assert rest.endswith("serin | stopped\n")
        assert not _running(stack.home)
