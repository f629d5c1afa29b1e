"""A real pool for a test: real sandboxes, code given as text."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import uvloop

from invocations.engine.bundle import Bundle
from invocations.engine.outcome import Outcome
from invocations.engine.packages import pack
from invocations.engine.pool import Limits, Pool
from invocations.engine.storage import Storage
from invocations.runtimes import RUNTIMES

REQUEST_ID = "6f1b4c1e-0000-4000-8000-00000000{:04d}"


class Room:
    """Deploys sources and invokes them."""

    def __init__(self, home: Path, *, unsafe: bool = False, **limits: Any) -> None:
        self._zips: dict[str, bytes] = {}
        self._requests = 0
        self.fetched: list[str] = []
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

    async def _fetch(self, digest: str) -> bytes:
        self.fetched.append(digest)
        return self._zips[digest]


@contextmanager
def temporary_home() -> Iterator[Path]:
    """A home whose code folder, wherever it lies, is removed with it."""
    with tempfile.TemporaryDirectory(prefix="serin-room-") as folder:
        home = Path(folder)
        yield home
        shutil.rmtree(Storage.open(home).code)


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
