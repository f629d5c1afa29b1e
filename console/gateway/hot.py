"""The hot path: verify, look up, decide, run, answer, record. All of it from memory, on one event loop."""

from __future__ import annotations

import logging
import time
from base64 import b64encode

from console.fc.limits import LOG_TAIL, SYNC_PAYLOAD
from console.fc.refusals import FcRefusal, internal_error, invalid_argument, path_not_supported
from invocations.engine.outcome import Kind, Outcome
from invocations.engine.pool import Pool, ResourceExhausted, SandboxUnavailable
from invocations.recorder import Recorder
from releases.core.parameters import Attributes

from .absences import Absences
from .credentials import Caller, Credentials, UnknownAccessKey
from .loading import Loader
from .request import API_PREFIX, Address, Answer, ClientGone, Request, invocation_address, region_of_host
from .request_ids import uuid7
from .table import EXPOSED, Route, RoutingTable

logger = logging.getLogger(__name__)

OCTETS = (b"content-type", b"application/octet-stream")
JSON = (b"content-type", b"application/json")
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
    ) -> None:
        self._table = table
        self._credentials = credentials
        self._loader = loader
        self._pool = pool
        self._recorder = recorder
        self._regions = regions
        self._absent = Absences()
        self.sandbox_problem = ""
        """Why the last call that needed a new instance got none; empty when it got one."""

    async def answer(self, request: Request) -> Answer:
        """The answer to any request under any path; raises only `ClientGone`."""
        request_id = uuid7()
        try:
            return await self._invoke(request, request_id)
        except FcRefusal as refusal:
            return refused(refusal, request_id)
        except ClientGone:
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
        tail = _wants_log(request)
        started_at = time.time()
        try:
            outcome = await self._pool.invoke(
                route.target.bundle, request_id=request_id, qualifier=address.qualifier, payload=payload
            )
        except Exception as error:
            # A call that was routed but never ran counts as an error of the version it was routed to.
            kind, refusal = _unserved(error)
            if isinstance(error, SandboxUnavailable):
                self.sandbox_problem = str(error)
            waited_us = int((time.time() - started_at) * 1e6)
            self._record(request_id, started_at, address, route, outcome=kind, duration_us=waited_us)
            raise refusal from error
        if outcome.cold:
            self._absent = Absences()
        self.sandbox_problem = ""
        self._record(
            request_id,
            started_at,
            address,
            route,
            outcome=outcome.kind,
            duration_us=outcome.duration_us,
            memory_kb=outcome.memory_kb,
            cold=outcome.cold,
            instance=outcome.instance_id,
            log=outcome.log,
        )
        return _answer(request_id, route, outcome, tail=tail)

    async def _admit(self, request: Request) -> Caller:
        try:
            return self._credentials.check(request, time.time())
        except UnknownAccessKey as unknown:
            key_id = unknown.key_id
            if key_id in self._absent:
                raise
        # A caller may be quicker than the notice of what was just made: look once before saying no.
        await self._loader.look_for_key(key_id)
        try:
            return self._credentials.check(request, time.time())
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

    async def _route(self, caller: Caller, region: str, address: Address, call: Attributes) -> Route:
        key = (region, address.service)
        if caller.fresh:
            await self._loader.refresh(key)
        try:
            return self._table.resolve(key, address.qualifier, address.function, call)
        except FcRefusal:
            if (region, address) in self._absent:
                raise
        await self._loader.look_for(key)
        try:
            return self._table.resolve(key, address.qualifier, address.function, call)
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
            error=outcome != Kind.OK,
            duration_us=duration_us,
            memory_kb=memory_kb,
            cold=cold,
            instance=instance,
            log=log,
            unit_hash=route.unit,
            labels=route.labels,
        )


def refused(refusal: FcRefusal, request_id: str) -> Answer:
    body = refusal.body()
    headers = [
        JSON,
        (b"content-length", b"%d" % len(body)),
        (b"x-fc-request-id", request_id.encode()),
        (b"access-control-expose-headers", EXPOSED),
    ]
    return Answer(refusal.status, headers, body)


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


def _answer(request_id: str, route: Route, outcome: Outcome, *, tail: bool) -> Answer:
    """A function that fails is a success of the platform: 200, with the error's type in a header."""
    payload = outcome.payload
    headers = [
        OCTETS if outcome.kind is Kind.OK else JSON,
        (b"content-length", b"%d" % len(payload)),
        (b"x-fc-request-id", request_id.encode()),
        (b"x-fc-invocation-duration", b"%d" % -(-outcome.duration_us // 1000)),
        (b"x-fc-max-memory-usage", b"%.2f" % (outcome.memory_kb / 1024)),
        (b"x-fc-instance-id", outcome.instance_id.encode()),
        *route.target.headers,
    ]
    if route.revision:
        headers.append((b"x-serin-alias-revision", b"%d" % route.revision))
    if outcome.kind is not Kind.OK:
        headers.append((b"x-fc-error-type", outcome.error_type.encode()))
    if tail:
        headers.append((b"x-fc-log-result", b64encode(outcome.log[-LOG_TAIL:])))
    return Answer(200, headers, payload)
