"""Keeps the programs and servers of one stack running until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from . import CannotStart
from .leftovers import MARK
from .programs import Health, Program, Says
from .servers import Managed
from .tether import tethered

READY_LIMIT = 120.0  # seconds
CALM = 60.0  # seconds after which a crash counts as the first one again
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
LINE_LIMIT = 2**16

Say = Callable[[str, str], None]  # (who, line)


class Child:
    """One program: its process now, and the processes that follow it when it crashes."""

    def __init__(self, program: Program, home: Path, folder: Path, say: Say) -> None:
        self.program = program
        self.folder = folder
        self.say = say
        self.environment = {
            **os.environ,
            "SERIN_HOME": str(home),
            MARK: str(home),
            "PYTHONUNBUFFERED": "1",
        }
        self.said_ready = asyncio.Event()
        self.last_line = ""
        self.process: asyncio.subprocess.Process | None = None
        self.pump: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.said_ready.clear()
        self.process = await asyncio.create_subprocess_exec(
            *tethered(self.program.command),
            cwd=self.folder,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=LINE_LIMIT,
        )
        if self.process.stdout:
            self.pump = asyncio.create_task(self._pump(self.process.stdout))

    async def wait_until_ready(self) -> None:
        """Raises CannotStart when the program ends first, or takes too long."""
        ended = asyncio.create_task(self._wait())
        ready = asyncio.create_task(self._ready())
        done, pending = await asyncio.wait(
            {ended, ready}, timeout=READY_LIMIT, return_when=asyncio.FIRST_COMPLETED
        )
        for task in pending:
            task.cancel()
        if ended in done:
            raise CannotStart(f"{self.program.name} did not start: {self.last_line or 'it said nothing'}")
        if not done:
            raise CannotStart(f"{self.program.name} was not ready within {READY_LIMIT:.0f} s")

    async def keep(self) -> None:
        """Start it again, later and later, whenever it ends by itself. Goes on until it is cancelled."""
        clock = asyncio.get_running_loop().time
        delay = FIRST_DELAY
        while True:
            since = clock()
            code = await self._wait()
            self._kill_group()  # what the dead process has left would keep its port
            if clock() - since > CALM:
                delay = FIRST_DELAY
            self.say(self.program.name, f"{_ending(code)}; it starts again in {delay:g} s")
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY)
            await self.start()

    async def stop(self) -> None:
        if self.process is None or self.pump is None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        try:
            async with asyncio.timeout(self.program.stop_limit):
                await self.process.wait()
        except TimeoutError:
            self.say(self.program.name, "does not stop and is killed")
        self._kill_group()
        await self._wait()
        await self.pump

    async def _wait(self) -> int:
        return await self.process.wait() if self.process else 0

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError):
            if self.process:
                os.killpg(self.process.pid, signal.SIGKILL)

    async def _pump(self, output: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await output.readline()
            except ValueError:
                continue  # longer than LINE_LIMIT: the reader has dropped it
            if not line:
                return
            self.last_line = line.decode(errors="replace").rstrip() or self.last_line
            self.say(self.program.name, line.decode(errors="replace").rstrip())
            if isinstance(self.program.ready, Says) and self.program.ready.words in self.last_line:
                self.said_ready.set()

    async def _ready(self) -> None:
        match self.program.ready:
            case Says():
                await self.said_ready.wait()
            case Health() as health:
                while not await healthy(health):  # noqa: ASYNC110 - another process is asked
                    await asyncio.sleep(0.05)


class Supervisor:
    """All children of one stack, and the servers beneath them."""

    def __init__(self, children: Sequence[Child], servers: Sequence[Managed], say: Say) -> None:
        self.children = children
        self.servers = servers
        self.say = say
        self.told_to_stop = asyncio.Event()

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Until one of stop_signals(); calls `on_ready` once, when all children are. Raises CannotStart."""
        loop = asyncio.get_running_loop()
        for number in stop_signals():
            loop.add_signal_handler(number, self.told_to_stop.set)
        keepers: list[asyncio.Task[None]] = []
        try:
            if await self._until_stopped(self._start()):
                return
            on_ready()
            keepers = [asyncio.create_task(child.keep()) for child in self.children]
            keepers.append(asyncio.create_task(self._keep_servers()))
            await self.told_to_stop.wait()
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            await self._stop()

    async def _start(self) -> None:
        # All at once, since each spends its first second importing; announced in order.
        for child in self.children:
            await child.start()
        for child in self.children:
            await child.wait_until_ready()
            self.say(child.program.name, "is ready")

    async def _until_stopped(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do the work; True when we were told to stop before it was done."""
        task = asyncio.create_task(work)
        stop = asyncio.create_task(self.told_to_stop.wait())
        await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if task.done():
            await task
            return False
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return True

    async def _keep_servers(self) -> None:
        delay = FIRST_DELAY
        while True:
            await asyncio.sleep(delay)
            dead = [one for one in self.servers if not one.is_alive()]
            for one in dead:
                self.say(one.server.name, f"ended; it starts again now (see {one.log})")
                try:
                    one.start()
                except CannotStart as refusal:
                    self.say(one.server.name, str(refusal))
            delay = min(delay * 2, LONGEST_DELAY) if dead else FIRST_DELAY

    async def _stop(self) -> None:
        def stop_round(child: Child) -> int:
            return child.program.stop_round

        for _, group in groupby(sorted(self.children, key=stop_round), key=stop_round):
            await asyncio.gather(*(child.stop() for child in group))


def stop_signals() -> list[signal.Signals]:
    """Ctrl-C, a service manager's stop, and the end of the terminal unless we were started to outlive it."""
    hangup = [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN else []
    return [signal.SIGINT, signal.SIGTERM, *hangup]


async def healthy(health: Health) -> bool:
    """Whether GET /healthz answers 200."""
    request = f"GET /healthz HTTP/1.1\r\nHost: localhost:{health.port}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection(health.host, health.port)
            try:
                writer.write(request.encode())
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False


def _ending(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"
