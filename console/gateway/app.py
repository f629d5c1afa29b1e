"""The gateway as an ASGI application: reads requests, asks the hot path, owns what must start and stop."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, TypeAlias

from django.conf import settings

from console.fc.refusals import entity_too_large, invalid_argument
from invocations import tokens
from invocations.engine.pool import Limits, Pool, SandboxUnavailable
from invocations.recorder import Recorder
from invocations.runtimes import RUNTIMES
from releases.queries import routing

from .credentials import Credentials
from .database import Jobs, conninfo
from .health import report
from .hot import DataPlane
from .loading import Loader
from .request import Answer, ClientGone, Request
from .table import RoutingTable

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


# Calls have had their time to finish (`__main__`) when the pool closes; the recorder still needs some.
LIMITS = Limits(drain_s=1.0)


class Gateway:
    """One per process. Everything that needs the running loop is made at its start."""

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] == "/healthz":
            answer = self._healthz()
        else:
            headers = dict(scope["headers"])
            read = partial(_read, receive, headers)
            request = Request(scope["method"].encode(), scope["path"], scope["raw_path"], headers, read)
            try:
                answer = await self._plane.answer(request)
            except ClientGone:
                return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer.body})

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

    async def _lifespan(self, receive: Receive, send: Send) -> None:
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


async def _read(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """The request's body, at most `limit` bytes. One that says it is larger is not read at all."""
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit():
        raise invalid_argument("Content-Length is not a number")
    if int(declared) > limit:
        raise entity_too_large(limit)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        return bytes(message["body"])
    parts, size = [], 0
    while message["type"] == "http.request":
        parts.append(message["body"])
        size += len(message["body"])
        if size > limit:
            raise entity_too_large(limit)
        if not message.get("more_body"):
            return b"".join(parts)
        message = await receive()
    raise ClientGone


application = Gateway()
