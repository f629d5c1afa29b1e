"""A real pool for a test: real sandboxes, code given as text."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import uvloop

from invocations.engine.bundle import Bundle
from invocations.engine.http import HeaderList, HttpCall
from invocations.engine.outcome import Outcome
from invocations.engine.packages import pack
from invocations.engine.pool import Limits, Pool
from invocations.engine.storage import Storage, instances_user
from invocations.engine.streams import AnswerStream, Upload
from invocations.runtimes import RUNTIMES

REQUEST_ID = "6f1b4c1e-0000-4000-8000-00000000{:04d}"


class Room:
    """Deploys sources and invokes them."""

    def __init__(self, home: Path, *, unsafe: bool = False, **limits: Any) -> None:
        self._zips: dict[str, bytes] = {}
        self._requests = 0
        self.home = home
        self.fetched: list[str] = []
        self._fetches_go_on = asyncio.Event()
        self._fetches_go_on.set()
        self.pool = Pool(
            home=home, fetch_code=self._fetch, runtimes=RUNTIMES, limits=Limits(**limits), unsafe=unsafe
        )

    def deploy(self, source: str = "", /, *, files: dict[str, str] | None = None, **fields: Any) -> Bundle:
        """A bundle whose `index.py` is the source; `handler` in it is called unless a field differs."""
        texts = {"index.py": dedent(source)} | {name: dedent(text) for name, text in (files or {}).items()}
        content = pack({name: text.encode() for name, text in texts.items()})
        digest = hashlib.sha256(content).hexdigest()
        self._zips[digest] = content
        given = {
            "account_id": "1001",
            "region": "local",
            "service": "shop",
            "function": "greet",
            "version": "1",
            "runtime": "python3",
            "handler": "index.handler",
            "code_digest": digest,
        }
        return Bundle(**(given | fields))

    async def invoke(self, bundle: Bundle, payload: bytes = b"", *, qualifier: str = "prod") -> Outcome:
        self._requests += 1
        request_id = REQUEST_ID.format(self._requests)
        return await self.pool.invoke(bundle, request_id=request_id, qualifier=qualifier, payload=payload)

    async def request(
        self,
        bundle: Bundle,
        method: str = "GET",
        path: str = "/",
        *,
        query: str = "",
        headers: HeaderList | None = None,
        body: bytes = b"",
    ) -> Outcome:
        """Call an HTTP function, and take its answer whole."""
        reply = await self.open(bundle, method, path, query=query, headers=headers, body=body)
        return await reply.whole() if isinstance(reply, AnswerStream) else reply

    async def open(
        self,
        bundle: Bundle,
        method: str = "GET",
        path: str = "/",
        *,
        query: str = "",
        headers: HeaderList | None = None,
        body: bytes = b"",
        upload: Upload | None = None,
    ) -> Outcome | AnswerStream:
        """Call an HTTP function, of which the body may still come, and take its answer as it begins."""
        self._requests += 1
        request_id = REQUEST_ID.format(self._requests)
        base = f"/2016-08-15/proxy/{bundle.service}/{bundle.function}"
        texts = [text.encode() for text in (method, base, path, query, "203.0.113.9")]
        call = HttpCall(*texts, headers=headers or [])
        return await self.pool.serve(
            bundle, request_id=request_id, qualifier="prod", http=call, payload=body, upload=upload
        )

    def keep(self, digest: str, content: bytes) -> None:
        """Answer fetches of this digest with this content."""
        self._zips[digest] = content

    def hold_fetches(self) -> None:
        """From now on fetching code never ends."""
        self._fetches_go_on.clear()

    async def _fetch(self, digest: str) -> bytes:
        self.fetched.append(digest)
        await self._fetches_go_on.wait()
        return self._zips[digest]


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A home whose code folder, wherever it lies, is removed with it."""
    with tempfile.TemporaryDirectory(prefix="serin-room-") as folder:
        home = Path(folder)
        if instances_user() is None:
            # Root's engines share the copied runtimes anyway; nobody's tests should copy them for each home.
            shared = Path(tempfile.gettempdir(), f"serin-test-runtimes-{os.geteuid()}")
            shared.mkdir(exist_ok=True)
            (home / "runtimes").symlink_to(shared)
        yield home
        code = Storage.open(home).code
    # As root the code lies elsewhere.
    shutil.rmtree(code, ignore_errors=True)


class Theatre:
    """One started pool for all scenarios of a test module, which saves each its start and its end."""

    def __init__(self, home: Path) -> None:
        self._runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self._room = self._runner.run(self._open(home))

    async def _open(self, home: Path) -> Room:
        room = Room(home, per_function=48)
        await room.pool.start()
        return room

    def play(self, scenario: Callable[[Room], Coroutine[None, None, None]]) -> None:
        self._runner.run(scenario(self._room))

    def close(self) -> None:
        self._runner.run(self._room.pool.close())
        self._runner.close()


def in_room(scenario: Callable[[Room], Awaitable[None]], **options: Any) -> None:
    """Run the scenario on uvloop with a started pool; the pool is closed and must leave nothing."""

    async def play(home: Path) -> None:
        room = Room(home, **options)
        await room.pool.start()
        try:
            await scenario(room)
        finally:
            await room.pool.close()
        assert room.pool.stats().instances == 0

    with temporary_home() as home:
        uvloop.run(play(home))


async def until(condition: Callable[[], bool], *, within_s: float = 10.0) -> None:
    """Wait for something that must come true."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what it waits for is outside this process
            await asyncio.sleep(0.005)


def sandboxes_of(home: Path) -> list[int]:
    """The sandboxes' processes that still live: their command lines name the folder of this home's code."""
    marker = os.fsencode(Storage.open(home).code)
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if marker in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found
