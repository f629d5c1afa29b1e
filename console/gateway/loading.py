"""Keeps the routing table and the access keys as the database has them.

Changes arrive in three ways, each catching what the one before may miss: a notice sent by the transaction
that made the change (some milliseconds), a look at the database before a name is called unknown, and a
comparison of every service's mark each `POLL_S` and whenever the connection for notices was made anew. While
the database is away the table goes on serving what it has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import psycopg
from django.db import Error
from django.utils import timezone
from psycopg import AsyncConnection

from invocations.engine.bundle import Bundle
from releases.operations.access_keys import NOTICE as ACCESS_KEYS
from releases.operations.access_keys import note_used_keys
from releases.operations.routing import CHANNEL
from releases.queries import access_keys, routing
from releases.queries.routing import ServiceKey

from .batched import Batched
from .credentials import Credentials
from .database import Jobs
from .table import RoutingTable, compile_services

logger = logging.getLogger(__name__)

POLL_S = 15.0
FIRST_BACKOFF_S = 0.1
MAX_BACKOFF_S = 3.0
# Looks for unknown names are this far apart at least, however many names a flood brings.
LOOK_EVERY_S = 0.05
# How long a caller waits for a look when the database is slow.
LOOK_TIMEOUT_S = 2.0


class Loader:
    """One per gateway. `listening` and `synced_at` (loop time) are for the health report.

    `jobs` must have one thread: what is read later is then also applied later. `prestart` is told of bundles
    that calls lead to from now on.
    """

    def __init__(
        self,
        table: RoutingTable,
        credentials: Credentials,
        jobs: Jobs,
        conninfo: str,
        prestart: Callable[[Sequence[Bundle]], None],
    ) -> None:
        self._table = table
        self._credentials = credentials
        self._jobs = jobs
        self._conninfo = conninfo
        self._prestart = prestart
        self._services: Batched[ServiceKey] = Batched(self._load_services)
        self._unknown_services: Batched[ServiceKey] = Batched(self._services.ask, every_s=LOOK_EVERY_S)
        self._all_keys: Batched[str] = Batched(self._load_all_keys)
        self._unknown_keys: Batched[str] = Batched(self._load_keys, every_s=LOOK_EVERY_S)
        self._tasks: list[asyncio.Task[None]] = []
        self.listening = False
        self.synced_at: float | None = None

    async def start(self) -> None:
        """Load everything, then follow. A database that is away now is waited for in the background."""
        try:
            await self._compare()
        except Error as error:
            _warn("the routing table is empty, the database is away", error)
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._poll())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def refresh(self, key: ServiceKey) -> None:
        """Read a service again: if the database answers soon, the table then has all committed before."""
        await _patiently(self._services.ask({key}))

    async def look_for(self, key: ServiceKey) -> None:
        """Read a service again because a caller named something of it that the table lacks."""
        await _patiently(self._unknown_services.ask({key}))

    async def look_for_key(self, key_id: str) -> None:
        """The same for an access key that is not known."""
        await _patiently(self._unknown_keys.ask({key_id}))

    async def _load_services(self, keys: set[ServiceKey]) -> None:
        try:
            # Compiled on the thread too: a large service must not hold up the calls of the others.
            services = await self._jobs.run(lambda: compile_services(routing.load(keys)))
        except Error as error:
            _warn("services keep their routes, the database is away", error)
            return
        self._prestart(self._table.replace(keys, services))
        self.synced_at = asyncio.get_running_loop().time()

    async def _load_keys(self, key_ids: set[str]) -> None:
        try:
            self._credentials.add(await self._jobs.run(partial(access_keys.load, key_ids)))
        except Error as error:
            _warn("access keys stay as they are, the database is away", error)

    async def _load_all_keys(self, _: set[str]) -> None:
        try:
            self._credentials.replace(await self._jobs.run(access_keys.load))
        except Error as error:
            _warn("access keys stay as they are, the database is away", error)

    async def _compare(self) -> None:
        """Read again what differs from the database, at first everything, and all access keys."""
        stale = self._table.stale(await self._jobs.run(routing.marks))
        self.synced_at = asyncio.get_running_loop().time()
        if stale:
            await self._services.ask(stale)
        await self._all_keys.ask(set())

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_S)
            try:
                await self._compare()
                await self._note_used_keys()
            except Exception as error:  # this must go on whatever happens
                _warn("the routing table could not be compared with the database", error)

    async def _note_used_keys(self) -> None:
        used = self._credentials.take_used()
        if used:
            await self._jobs.run(partial(note_used_keys, used, at=timezone.now()))

    async def _listen(self) -> None:
        pause = FIRST_BACKOFF_S
        while True:
            try:
                async with await AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    await self._compare()  # for what was announced while nobody listened
                    self.listening = True
                    pause = FIRST_BACKOFF_S
                    async for notice in connection.notifies():
                        self._take(notice.payload)
            except Exception as error:  # this must go on whatever happens
                _warn("notices of changes are not heard, trying again", error)
            finally:
                self.listening = False
            await asyncio.sleep(pause)
            pause = min(pause * 2, MAX_BACKOFF_S)

    def _take(self, payload: str) -> None:
        if payload == ACCESS_KEYS:
            self._all_keys.ask(set())
            return
        region, _, service = payload.partition("/")
        self._services.ask({(region, service)})


async def _patiently(look: asyncio.Future[None]) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(look, LOOK_TIMEOUT_S)


def _warn(what: str, error: Exception) -> None:
    """A database that is away is worth one line; anything else its stack trace."""
    expected = isinstance(error, psycopg.Error | Error)
    logger.warning("%s: %s", what, str(error).partition("\n")[0], exc_info=None if expected else error)
