"""The gateway as one object: what must start and stop with the process, and the answer to every request."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from django.conf import settings

from console.cookies import own_cookies
from invocations import tokens
from invocations.engine.pool import Limits, Pool, SandboxUnavailable
from invocations.recorder import Recorder
from invocations.runtimes import RUNTIMES
from releases.queries import routing

from .border import Border
from .credentials import Credentials
from .database import Jobs, conninfo
from .health import report
from .hot import DataPlane
from .loading import Loader
from .request import Answer, Request
from .table import RoutingTable

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


# Calls have had their time to finish (`__main__`) when the pool closes; the recorder still needs some.
LIMITS = Limits(drain_s=1.0)


class Gateway:
    """One per process. Everything that needs the running loop is made at its start."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """The lifespan of the process, as ASGI words it; requests come through `answer`."""
        await receive()
        try:
            await self._start()
        except SandboxUnavailable as error:
            await send({"type": "lifespan.startup.failed", "message": f"no sandbox can be made: {error}"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def answer(self, request: Request) -> Answer:
        """The answer to any request. Raises only `CallerGone`."""
        return self._healthz() if request.path == "/healthz" else await self._plane.answer(request)

    def _healthz(self) -> Answer:
        return report(
            table=self._table,
            loader=self._loader,
            recorder=self._recorder,
            pool=self._pool,
            sandbox_problem=self._plane.sandbox_problem,
            loop_time=asyncio.get_running_loop().time(),
            monotonic=time.monotonic(),
        )

    async def _start(self) -> None:
        database = conninfo()
        self._routing_jobs = Jobs("routing", threads=1)
        self._code_jobs = Jobs("code", threads=2)
        self._table = RoutingTable()
        credentials = Credentials(
            account_id=settings.ACCOUNT_ID, token_key=tokens.derive_key(settings.SECRET_KEY)
        )
        self._loader = Loader(self._table, credentials, self._routing_jobs, database)
        self._recorder = Recorder(database)
        self._pool = Pool(
            home=settings.HOME / "gateway", fetch_code=self._fetch_code, runtimes=RUNTIMES, limits=LIMITS
        )
        self._plane = DataPlane(
            table=self._table,
            credentials=credentials,
            loader=self._loader,
            pool=self._pool,
            recorder=self._recorder,
            regions=tuple(settings.REGIONS),
            border=_border(),
        )
        await self._pool.start()
        await self._loader.start()
        self._recorder.start()
        # What start-up made stays: walking it again and again would stop all calls for tens of milliseconds.
        gc.collect()
        gc.freeze()

    async def _stop(self) -> None:
        await self._loader.close()
        await self._pool.close()
        await asyncio.to_thread(self._recorder.close)
        self._routing_jobs.close()
        self._code_jobs.close()

    async def _fetch_code(self, digest: str) -> bytes:
        return await self._code_jobs.run(partial(routing.code, digest))


def _border() -> Border:
    host = urlsplit(settings.CONSOLE_URL).hostname or ""
    return Border(frozenset(name.encode() for name in own_cookies()), host.encode())


application = Gateway()
