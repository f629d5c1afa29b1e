"""The hot path: verify, look up, decide, run, answer, record. All of it from memory, on one event loop."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable
from typing import TypeVar

from console.fc.limits import SYNC_PAYLOAD
from console.fc.refusals import (
    FcRefusal,
    internal_error,
    invalid_argument,
    method_not_allowed,
    path_not_supported,
    trigger_not_found,
)
from console.fc.signature import signed_query
from invocations.engine.outcome import NO_ERRORS, Outcome
from invocations.engine.pool import Pool, ResourceExhausted, SandboxUnavailable
from invocations.engine.streams import AnswerStream, CallerGone
from invocations.recorder import Recorder
from releases.core.parameters import Attributes
from releases.core.triggers import Auth, HttpTrigger
from releases.queries.routing import ServiceKey

from .absences import Absences
from .answers import event_answer, refused
from .border import Border
from .credentials import ANYBODY, Caller, Credentials, UnknownAccessKey
from .loading import Loader
from .request import (
    API_PREFIX,
    PROXY_PREFIX,
    Address,
    Answer,
    Request,
    http_address,
    invocation_address,
    region_of_host,
)
from .request_ids import uuid7
from .table import Route, RoutingTable
from .web import (
    call_of,
    check_size,
    no_event_function,
    no_http_function,
    recorded,
    stream_answer,
    web_answer,
)

logger = logging.getLogger(__name__)

Reply = TypeVar("Reply", bound=Outcome | AnswerStream)

THROTTLED = "throttled"
UNAVAILABLE = "unavailable"


class DataPlane:
    """Answers one invocation at a time per call of `answer`; many may be under way."""

    def __init__(
        self,
        *,
        table: RoutingTable,
        credentials: Credentials,
        loader: Loader,
        pool: Pool,
        recorder: Recorder,
        regions: tuple[str, ...],
        border: Border,
    ) -> None:
        self._table = table
        self._credentials = credentials
        self._loader = loader
        self._pool = pool
        self._recorder = recorder
        self._regions = regions
        self._border = border
        self._absent = Absences()
        self.sandbox_problem = ""
        """Why the last call that needed a new instance got none; empty when it got one."""

    async def answer(self, request: Request) -> Answer:
        """The answer to any request under any path; raises only `CallerGone`."""
        request_id = uuid7()
        try:
            if request.raw_path.startswith(PROXY_PREFIX):
                return await self._serve(request, request_id)
            return await self._invoke(request, request_id)
        except FcRefusal as refusal:
            return refused(refusal, request_id)
        except CallerGone:
            raise
        except Exception:
            logger.exception("a request could not be answered")
            return refused(internal_error(), request_id)

    async def _invoke(self, request: Request, request_id: str) -> Answer:
        if not request.path.startswith(API_PREFIX):
            raise path_not_supported(request.method.decode(), request.path)
        caller = await self._admit(request)
        address = invocation_address(request.path)
        if address is None or request.method != b"POST":
            raise path_not_supported(request.method.decode(), request.path)
        payload = await request.read(SYNC_PAYLOAD)
        region = self._region(caller, request)
        call = Attributes(request.headers, http=False)
        route = await self._route(caller, region, address, call)
        if route.target.bundle.type != "event":
            raise no_event_function(address)
        tail = _wants_log(request)
        run = self._pool.invoke(
            route.target.bundle, request_id=request_id, qualifier=address.qualifier, payload=payload
        )
        outcome = await self._run(request_id, address, route, run)
        return event_answer(request_id, route, outcome, tail=tail)

    async def _serve(self, request: Request, request_id: str) -> Answer:
        """A call of an HTTP function."""
        check_size(request)
        address = http_address(request.raw_path)
        if address is None:
            raise path_not_supported(request.method.decode(), request.path)
        called = address.called
        caller = await self._enter(request, called)
        tail = _wants_log(request) and caller is not ANYBODY
        body = await request.receive(SYNC_PAYLOAD)
        call = Attributes(self._border.decided_on(request.headers), request.query, http=True)
        route = await self._route(caller, self._region(caller, request), called, call)
        if route.target.bundle.type != "http":
            raise no_http_function(called)
        run = self._pool.serve(
            route.target.bundle,
            request_id=request_id,
            qualifier=called.qualifier,
            http=call_of(request, address, self._border, body_bytes=body.length),
            payload=body.first,
            upload=body.rest,
        )
        reply = await self._run(request_id, called, route, run)
        if isinstance(reply, AnswerStream):
            if not tail:
                return stream_answer(request, self._border, request_id=request_id, route=route, stream=reply)
            reply = await reply.whole()  # the log is a header, and complete only at the end
        return web_answer(request, self._border, request_id=request_id, route=route, outcome=reply, tail=tail)

    async def _run(self, request_id: str, address: Address, route: Route, run: Awaitable[Reply]) -> Reply:
        """Run the call and record how it ended. Raises `FcRefusal` when the engine did not run it."""
        started_at = time.time()
        try:
            reply = await run
        except Exception as error:
            # A call that was routed but never ran counts as an error of the version it was routed to.
            kind, refusal = _unserved(error)
            if isinstance(error, SandboxUnavailable):
                self.sandbox_problem = str(error)
            waited_us = int((time.time() - started_at) * 1e6)
            self._record(request_id, started_at, address, route, outcome=kind, duration_us=waited_us)
            raise refusal from error
        if isinstance(reply, AnswerStream):
            stream = reply
            stream.ended.add_done_callback(
                lambda ended: self._ran(
                    request_id, started_at, address, route, ended.result(), left=stream.left
                )
            )
        else:
            self._ran(request_id, started_at, address, route, reply)
        return reply

    def _ran(
        self,
        request_id: str,
        started_at: float,
        address: Address,
        route: Route,
        outcome: Outcome,
        *,
        left: bool = False,
    ) -> None:
        if outcome.cold:
            self._absent = Absences()
        self.sandbox_problem = ""
        self._record(
            request_id,
            started_at,
            address,
            route,
            outcome=recorded(outcome, left=left),
            duration_us=outcome.duration_us,
            memory_kb=outcome.memory_kb,
            cold=outcome.cold,
            instance=outcome.instance_id,
            log=outcome.log,
        )

    async def _enter(self, request: Request, called: Address) -> Caller:
        """Who calls an HTTP function: the console at will, others as the trigger of this qualifier says.

        Who shows no credentials hears of no name, only that no trigger lets him in.
        """
        authorization = request.headers.get(b"authorization", b"")
        if authorization.startswith(b"Serin "):
            return await self._admit(request)
        key = (self._region(ANYBODY, request), called.service)
        trigger = await self._trigger(key, called)
        caller = ANYBODY
        if trigger.auth is Auth.FUNCTION if trigger else authorization.startswith(b"FC "):
            caller = await self._admit(request, query=signed_query(request.query))
        if trigger is None:
            if caller is not ANYBODY and self._table.is_event_function(key, called.function):
                raise no_http_function(called)
            raise trigger_not_found(*called)
        method = request.method.decode()
        if method not in trigger.methods:
            raise method_not_allowed(method, trigger.methods)
        return caller

    async def _trigger(self, key: ServiceKey, called: Address) -> HttpTrigger | None:
        found = self._table.trigger(key, called.qualifier, called.function)
        absent = ("trigger", key, called)
        if found is None and absent not in self._absent:
            await self._loader.look_for(key)
            found = self._table.trigger(key, called.qualifier, called.function)
            if found is None:
                self._absent.note(absent)
        return found

    async def _admit(self, request: Request, query: bytes = b"") -> Caller:
        try:
            return self._credentials.check(request, time.time(), query=query)
        except UnknownAccessKey as unknown:
            key_id = unknown.key_id
            if key_id in self._absent:
                raise
        # A caller may be quicker than the notice of what was just made: look once before saying no.
        await self._loader.look_for_key(key_id)
        try:
            return self._credentials.check(request, time.time(), query=query)
        except UnknownAccessKey:
            self._absent.note(key_id)
            raise

    def _region(self, caller: Caller, request: Request) -> str:
        if caller.region:
            return caller.region
        named = region_of_host(request.headers.get(b"host", b""), self._regions)
        if named is not None:
            return named
        header = request.headers.get(b"x-serin-region")
        return self._regions[0] if header is None else header.decode("latin-1")

    def _resolve(self, caller: Caller, key: ServiceKey, address: Address, call: Attributes) -> Route:
        if caller.person is not None:  # the console's pages have asked already
            self._table.permit(caller.person, key)
        return self._table.resolve(key, address.qualifier, address.function, call)

    async def _route(self, caller: Caller, region: str, address: Address, call: Attributes) -> Route:
        key = (region, address.service)
        if caller.fresh:
            await self._loader.refresh(key)
        try:
            return self._resolve(caller, key, address, call)
        except FcRefusal:
            if (region, address) in self._absent:
                raise
        await self._loader.look_for(key)
        try:
            return self._resolve(caller, key, address, call)
        except FcRefusal:
            self._absent.note((region, address))
            raise

    def _record(
        self,
        request_id: str,
        started_at: float,
        address: Address,
        route: Route,
        *,
        outcome: str,
        duration_us: int,
        memory_kb: int = 0,
        cold: bool = False,
        instance: str = "",
        log: bytes = b"",
    ) -> None:
        bundle = route.target.bundle
        self._recorder.record(
            request_id=request_id,
            started_at=started_at,
            region=bundle.region,
            service=bundle.service,
            function=bundle.function,
            qualifier=address.qualifier,
            version=bundle.version,
            alias_revision=route.revision,
            decision=route.reason,
            outcome=outcome,
            error=outcome not in NO_ERRORS,
            duration_us=duration_us,
            memory_kb=memory_kb,
            cold=cold,
            instance=instance,
            log=log,
            unit_hash=route.unit,
            labels=route.labels,
        )


def _unserved(error: Exception) -> tuple[str, FcRefusal]:
    """Why the engine did not run a call, for the record and for the caller."""
    if isinstance(error, ResourceExhausted):
        return THROTTLED, FcRefusal("ResourceExhausted", str(error))
    if isinstance(error, SandboxUnavailable):
        return UNAVAILABLE, FcRefusal("ResourceThrottled", str(error))
    # Such as code that cannot be fetched because the database is away.
    logger.error("a call could not be run", exc_info=error)
    return UNAVAILABLE, internal_error()


def _wants_log(request: Request) -> bool:
    """Read X-Fc-Invocation-Type and X-Fc-Log-Type. Raises `FcRefusal` for what is not offered."""
    kind = request.headers.get(b"x-fc-invocation-type", b"Sync").lower()
    if kind == b"async":
        raise invalid_argument("asynchronous invocation is not available: X-Fc-Invocation-Type must be Sync")
    if kind != b"sync":
        raise invalid_argument("X-Fc-Invocation-Type must be Sync")
    log = request.headers.get(b"x-fc-log-type", b"None").lower()
    if log not in (b"none", b"tail"):
        raise invalid_argument("X-Fc-Log-Type must be None or Tail")
    return log == b"tail"
