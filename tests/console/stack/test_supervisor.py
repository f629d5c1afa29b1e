"""The supervisor with small programs of its own making; the real ones are in test_up.py."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from console.stack import CannotStart
from console.stack.leftovers import MARK, end_leftovers
from console.stack.ports import free_ports
from console.stack.programs import Health, Program, Says, programs
from console.stack.supervisor import Child, Supervisor, healthy, stop_signals
from console.stack.tether import tethered

ROOT = Path(__file__).resolve().parents[3]
STEADY = """
    import signal, sys
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("bye", flush=True)))
    print("ready", flush=True)
    while True: signal.pause()
"""
STUBBORN = """
    import os, signal
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if child := os.fork():
        print(f"ready {os.getpid()} {child}", flush=True)
    while True: signal.pause()
"""


class Said:
    """Collects what is said, and does something when a line comes."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.reactions: dict[tuple[str, str], Callable[[], None]] = {}

    def __call__(self, who: str, line: str) -> None:
        self.lines.append((who, line))
        if reaction := self.reactions.pop((who, line), None):
            reaction()


def _program(name: str, script: str, *, stop_round: int = 0, stop_limit: float = 20) -> Program:
    return Program(
        name, [sys.executable, "-c", textwrap.dedent(script)], Says("ready"), stop_round, stop_limit
    )


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _supervise(home: Path, said: Said, made: list[Program], on_ready: Callable[[], None]) -> list[Child]:
    async def run() -> list[Child]:
        children = [Child(program, home, ROOT, said) for program in made]
        await Supervisor(children, [], said).run(on_ready)
        return children

    return asyncio.run(run())


def _is_alive(process: int) -> bool:
    path = Path(f"/proc/{process}/cmdline")
    return path.exists() and path.read_bytes() != b""


def test_run__told_to_stop__stops_the_lower_rounds_first(tmp_path: Path) -> None:
    said = Said()
    made = [_program("gateway", STEADY, stop_round=2), _program("console", STEADY)]
    _supervise(tmp_path, said, made, _stop)
    assert [who for who, line in said.lines if line == "bye"] == ["console", "gateway"]


def test_run__program_that_crashes__starts_again(tmp_path: Path) -> None:
    said = Said()
    told, crashed = tmp_path / "told", tmp_path / "crashed"
    crash_once = f"""
        import os, pathlib, signal, time
        told, crashed = pathlib.Path({str(told)!r}), pathlib.Path({str(crashed)!r})
        print("again" if crashed.exists() else "ready", flush=True)
        if crashed.exists():
            signal.pause()
        while not told.exists():
            time.sleep(0.01)
        crashed.touch()
        os._exit(3)
    """
    said.reactions[("worker", "again")] = _stop
    _supervise(tmp_path, said, [_program("worker", crash_once)], told.touch)
    assert ("worker", "ended with exit code 3; it starts again in 0.5 s") in said.lines


def test_run__program_that_never_gets_ready__is_one_line_and_stops_the_others(tmp_path: Path) -> None:
    said = Said()
    made = [_program("console", STEADY), _program("gateway", "raise SystemExit('no such module')")]
    with pytest.raises(CannotStart, match=r"^gateway did not start: no such module$"):
        _supervise(tmp_path, said, made, _stop)
    assert ("console", "bye") in said.lines


def test_run__program_that_does_not_stop__is_killed_with_its_children(tmp_path: Path) -> None:
    said = Said()
    _supervise(tmp_path, said, [_program("worker", STUBBORN, stop_limit=0.2)], _stop)
    assert ("worker", "does not stop and is killed") in said.lines
    (ready,) = [line for _, line in said.lines if line.startswith("ready ")]
    assert [_is_alive(int(number)) for number in ready.split()[1:]] == [False, False]


def test_run__stopped_before_all_are_ready__stops_what_has_started(tmp_path: Path) -> None:
    said = Said()
    said.reactions[("console", "is ready")] = _stop
    silent = "import signal; signal.pause()"
    announced: list[bool] = []
    made = [_program("console", STEADY), _program("worker", silent)]
    _supervise(tmp_path, said, made, lambda: announced.append(True))
    assert announced == []
    assert ("console", "bye") in said.lines


def test_run__terminal_closed__stops_cleanly(tmp_path: Path) -> None:
    said = Said()
    # These tests may themselves have been started to outlive their terminal.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        _supervise(tmp_path, said, [_program("console", STEADY)], lambda: os.kill(os.getpid(), signal.SIGHUP))
    finally:
        signal.signal(signal.SIGHUP, before)
    assert ("console", "bye") in said.lines


def test_stop_signals__started_to_outlive_its_terminal__do_not_include_the_hangup() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert stop_signals() == [signal.SIGINT, signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_run__line_without_end__is_dropped_and_the_next_one_shown(tmp_path: Path) -> None:
    said = Said()
    script = """
        import signal
        print("x" * 500_000)
        print("\\udcff ready", flush=True)
        signal.pause()
    """
    _supervise(tmp_path, said, [_program("worker", script)], _stop)
    assert any("ready" in line for _, line in said.lines)


def test_healthy__nothing_listens_or_answers_otherwise__is_false() -> None:
    async def ask() -> tuple[bool, bool]:
        async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readline()
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
            writer.close()

        (free,) = free_ports(1)
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await healthy(Health("127.0.0.1", free)), await healthy(Health("127.0.0.1", port))

    assert asyncio.run(ask()) == (False, False)


def test_tethered__parent_killed_hard__dies_with_it() -> None:
    script = """
        import subprocess
        from console.stack.tether import tethered
        child = subprocess.Popen(tethered(["sleep", "600"]))
        print(child.pid, flush=True)
        child.wait()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    _wait_until(lambda: not _is_alive(child))


def test_tethered__parent_already_gone__starts_nothing() -> None:
    command = tethered(["sleep", "600"])
    command[-3] = "1"
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (1, "the parent process is gone\n")


def test_end_leftovers__process_of_a_stack__kills_those_of_this_home_only(tmp_path: Path) -> None:
    ours, others = tmp_path / "ours", tmp_path / "others"
    with (
        subprocess.Popen(["sleep", "600"], env={**os.environ, MARK: str(ours)}) as leftover,
        subprocess.Popen(["sleep", "600"], env={**os.environ, MARK: str(others)}) as stranger,
    ):
        assert end_leftovers(ours) == 1
        assert leftover.wait(timeout=30) == -signal.SIGKILL
        assert stranger.poll() is None
        stranger.kill()


def test_programs__bound_to_every_address__are_asked_on_loopback() -> None:
    made = {program.name: program for program in programs("0.0.0.0", 8000, 9000)}
    assert made["console"].ready == Health("127.0.0.1", 8000)
    assert made["gateway"].ready == Health("127.0.0.1", 9000)
    assert "0.0.0.0" in made["console"].command


def _wait_until(condition: Callable[[], bool], limit: float = 30) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
