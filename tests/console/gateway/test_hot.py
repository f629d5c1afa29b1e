"""The hot path without server and database: a real pool, as small as can be."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings

from console.gateway.border import Border
from console.gateway.credentials import Credentials
from console.gateway.database import Jobs
from console.gateway.hot import DataPlane
from console.gateway.loading import Loader
from console.gateway.request import Answer, Body, Request
from console.gateway.table import RoutingTable, compile_services
from invocations import tokens
from invocations.engine.bundle import Bundle
from invocations.engine.packages import pack
from invocations.engine.pool import Limits, Pool
from invocations.recorder import Recorder
from invocations.runtimes import RUNTIMES
from releases.queries.routing import NOTHING, ServiceRoutes

KEY = tokens.derive_key("secret")
REGION = "cn-hangzhou"
CODE = pack(
    {"index.py": b"import time\ndef handler(event, context):\n    time.sleep(0.2)\n    return b'done'\n"}
)
NOWHERE = "host=/nowhere dbname=nothing"

Fetch = Callable[[str], Awaitable[bytes]]


class Plane:
    """A data plane with one function, `shop/checkout`, and whatever it needs around it."""

    def __init__(self, home: Path, digest: str, fetch: Fetch) -> None:
        bundle = Bundle(
            account_id="1",
            region=REGION,
            service="shop",
            function="checkout",
            version="LATEST",
            runtime="python3",
            handler="index.handler",
            code_digest=digest,
        )
        routes = ServiceRoutes(REGION, "shop", "shop-team", NOTHING, (), {"LATEST": {"checkout": bundle}})
        table = RoutingTable()
        table.replace([], compile_services([routes]))
        credentials = Credentials(account_id="1", token_key=KEY)
        limits = Limits(per_function=1, total=1, queue=0)
        self.pool = Pool(home=home, fetch_code=fetch, runtimes=RUNTIMES, limits=limits)
        self.recorder = Recorder(NOWHERE)  # never started: it only counts
        self.plane = DataPlane(
            table=table,
            credentials=credentials,
            loader=Loader(table, credentials, Jobs("none", threads=1), NOWHERE, prestart=self.pool.prestart),
            pool=self.pool,
            recorder=self.recorder,
            regions=(REGION,),
            border=Border(frozenset(), b"localhost"),
        )

    async def invoke(self) -> Answer:
        async def read(limit: int) -> bytes:
            return b""

        async def receive(limit: int) -> Body:
            return Body(0, b"")

        path = "/2016-08-15/services/shop/functions/checkout/invocations"
        authorization = f"Serin {tokens.mint(KEY, {'sub': 'alice'}, time.time() + 60)}"
        headers = {b"authorization": authorization.encode()}
        return await self.plane.answer(Request(b"POST", path, path.encode(), headers, read, receive))


def answers(digest: str, fetch: Fetch, calls: int) -> tuple[list[Answer], Plane]:
    """What so many calls at once get, and the plane that gave it."""

    async def run() -> tuple[list[Answer], Plane]:
        plane = Plane(settings.HOME / "gateway", digest, fetch)
        await plane.pool.start()
        try:
            return await asyncio.gather(*[plane.invoke() for _ in range(calls)]), plane
        finally:
            await plane.pool.close()

    return asyncio.run(run())


async def fetch_code(digest: str) -> bytes:
    return CODE


async def fail(digest: str) -> bytes:
    raise OSError("nobody is there")


def test_answer__more_calls_than_the_engine_takes__are_throttled_and_recorded() -> None:
    given, plane = answers(sha256(CODE).hexdigest(), fetch_code, 4)
    refused = [answer for answer in given if answer.status == 429]
    assert {answer.body for answer in given if answer.status == 200} == {b"done"}
    assert refused
    assert {json.loads(answer.body)["ErrorCode"] for answer in refused} == {"ResourceExhausted"}
    batch = plane.recorder._next_batch()
    assert batch is not None
    cells = batch.cells.values()  # two of them when ten seconds are over just then
    assert sum(cell.invocations for cell in cells) == 4
    assert sum(cell.errors for cell in cells) == len(refused)
    assert sorted(row[9] for row in batch.rows) == ["ok"] * (4 - len(refused)) + ["throttled"] * len(refused)


def test_answer__code_that_cannot_be_fetched__is_an_internal_error_and_recorded(
    caplog: pytest.LogCaptureFixture,
) -> None:
    [answer], plane = answers("0" * 64, fail, 1)
    assert (answer.status, json.loads(answer.body)["ErrorCode"]) == (500, "InternalServerError")
    assert b"nobody" not in answer.body
    assert "nobody is there" in caplog.text
    assert plane.recorder.backlog(0).invocations == 1
