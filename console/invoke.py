"""One test call, by the front door: the console calls the gateway over HTTP as any caller does."""

from __future__ import annotations

import codecs
import http.client
import json
import re
import threading
import time
from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import quote, urlsplit
from uuid import UUID

from django.conf import settings

from invocations import tokens
from invocations.refusals import Refused

MARGIN_S = 15  # beyond the function's own timeouts, for a cold start and a queue
TOKEN_S = 60
MAX_BODY = 256 * 1024  # bytes of a result that are read and shown
HEX_BYTES = 512
AT_ONCE = 8  # of this process: each holds one of its threads, and the pages need the others
_SUMMARY = re.compile(r"^Duration: ([0-9.]+) ms, ", re.MULTILINE)
_SLOTS = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class EventCall:
    """A call of an event function."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A request to an HTTP function.

    `target` is path and query as they are sent: it begins with a slash and is percent-encoded. `headers` may
    repeat a name, and has none of `invocations.request_plan.OWN_HEADERS`, which are made here or of one
    connection; `cookies` is the header Cookie, empty for none.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    cookies: str = ""
    body: bytes = b""


class NotInvoked(Refused):
    """The function did not run: the gateway is away, or declined the call."""


@dataclass(frozen=True, slots=True)
class Invoked:
    """How a call ended.

    `alias_revision` is the id of the revision that routed it, 0 without an alias; `error_type` is empty for
    success; `body` holds at most MAX_BODY of the result's `size` bytes. `status` and `headers` are the
    answer's own: an HTTP function chooses them.
    """

    request_id: UUID
    version: str
    alias_revision: int
    error_type: str
    billed_ms: int
    memory_mb: float
    instance: str
    log: str
    body: bytes
    size: int
    round_trip_ms: float
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def reason(self) -> str:
        """What the status code means, or nothing for one that nobody has registered."""
        return http.client.responses.get(self.status, "")

    @property
    def duration_ms(self) -> float | None:
        """As the engine measured it: the log's last line, which no function can write after."""
        found = _SUMMARY.findall(self.log)
        return float(found[-1]) if found else None

    @property
    def kind(self) -> str:
        """Of the body: "empty", "json", "text" or "binary"."""
        if not self.body:
            return "empty"
        if self._json is not None:
            return "json"
        return "text" if self._text is not None else "binary"

    @property
    def shown(self) -> str:
        """The body to look at: JSON indented, text as it is, the start of anything else in hexadecimal."""
        if self._json is not None:
            return self._json
        return self._text if self._text is not None else _hex_dump(self.body[:HEX_BYTES])

    @property
    def is_cut(self) -> bool:
        return self.size > len(self.body)

    @property
    def _text(self) -> str | None:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            # A cut may have gone through a character; the decoder then keeps its beginning back.
            text = decoder.decode(self.body, final=not self.is_cut)
        except UnicodeDecodeError:
            return None
        return None if "\0" in text else text

    @property
    def _json(self) -> str | None:
        try:
            return json.dumps(json.loads(self.body), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return None


def invoke(
    *,
    by: str,
    region: str,
    service: str,
    qualifier: str,
    function: str,
    call: EventCall | HttpCall,
    timeout_s: int,
    now: float,
) -> Invoked:
    """Call a function once and wait for its end. `now` is in seconds since the epoch.

    Raises NotInvoked, with a sentence, when no answer came or the answer is that it did not run.
    """
    # fresh: the gateway looks at the database first, so that what was just deployed is what is tested.
    claims = {"sub": by, "region": region, "fresh": True}
    token = tokens.mint(tokens.derive_key(settings.SECRET_KEY), claims, now + TOKEN_S)
    if not _SLOTS.acquire(blocking=False):
        raise NotInvoked(
            f"{AT_ONCE} tests are running already: wait until one has ended, or start a test run"
        )
    connection = _connection(timeout_s + MARGIN_S)
    started = time.perf_counter()
    try:
        _send(connection, _path(call, service, qualifier, function), call, token)
        response = connection.getresponse()
        body = response.read(MAX_BODY)
        return _read(response, body, (time.perf_counter() - started) * 1000)
    except TimeoutError:
        raise NotInvoked(f"the gateway gave no answer within {timeout_s + MARGIN_S} seconds") from None
    except (OSError, http.client.HTTPException) as error:
        reason = f"{type(error).__name__}: {error}".rstrip(": ")
        raise NotInvoked(f"the gateway at {settings.GATEWAY_URL} does not answer ({reason})") from None
    except ValueError:
        raise NotInvoked(f"what answers at {settings.GATEWAY_URL} is no gateway of Serin's") from None
    finally:
        _SLOTS.release()
        connection.close()


def proxy_path(service: str, qualifier: str, function: str) -> str:
    """Where an HTTP function answers on the gateway; what follows, from the slash on, is the function's."""
    return f"/2016-08-15/proxy/{quote(f'{service}.{qualifier}')}/{quote(function)}"


def _connection(timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(settings.GATEWAY_URL)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=timeout_s)


def _path(call: EventCall | HttpCall, service: str, qualifier: str, function: str) -> str:
    if isinstance(call, HttpCall):
        return proxy_path(service, qualifier, function) + call.target
    qualified = quote(f"{service}.{qualifier}")
    return f"/2016-08-15/services/{qualified}/functions/{quote(function)}/invocations"


def _send(connection: http.client.HTTPConnection, path: str, call: EventCall | HttpCall, token: str) -> None:
    own = [("Authorization", f"{tokens.SCHEME} {token}"), ("X-Fc-Log-Type", "Tail")]
    if isinstance(call, EventCall):
        method, body = "POST", call.payload
        own.append(("Content-Type", "application/octet-stream"))
    else:
        method, body = call.method, call.body
        own += [*call.headers, *([("Cookie", call.cookies)] if call.cookies else [])]
    # Not connection.request: it takes each header once, and asks for encodings that nobody chose.
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in [*own, ("Content-Length", str(len(body)))]:
        connection.putheader(name, value.encode())
    connection.endheaders(body)


def _read(response: http.client.HTTPResponse, body: bytes, round_trip_ms: float) -> Invoked:
    header = response.headers.get
    # An HTTP function may answer with any status; what no version answered is the gateway's refusal.
    if response.status != 200 and not header("x-fc-invocation-service-version"):
        raise NotInvoked(_refusal(response.status, body))
    return Invoked(
        request_id=UUID(header("x-fc-request-id", "")),
        version=header("x-fc-invocation-service-version", ""),
        alias_revision=int(header("x-serin-alias-revision", "0")),
        error_type=header("x-fc-error-type", ""),
        billed_ms=max(1, int(header("x-fc-invocation-duration", "0"))),
        memory_mb=float(header("x-fc-max-memory-usage", "0")),
        instance=header("x-fc-instance-id", ""),
        log=b64decode(header("x-fc-log-result", "")).decode(errors="replace"),
        body=body,
        # An answer without a body, as to HEAD, may tell the length that it would have.
        size=int(header("content-length", len(body))) if body else 0,
        round_trip_ms=round_trip_ms,
        status=response.status,
        headers=tuple(pair for pair in response.getheaders() if pair[0].lower() != "x-fc-log-result"),
    )


def _refusal(status: int, body: bytes) -> str:
    """The API's error, or at least its status."""
    try:
        error = json.loads(body)
        return f"{error['ErrorCode']}: {error['ErrorMessage']}"
    except (ValueError, KeyError, TypeError):
        return f"the gateway answered {status}"


def _hex_dump(data: bytes) -> str:
    """Lines of offset, sixteen bytes in hexadecimal, and those of them that are ASCII."""
    rows = ((start, data[start : start + 16]) for start in range(0, len(data), 16))
    return "\n".join(
        f"{start:06x}  {row.hex(' '):47}  " + "".join(chr(b) if 32 <= b < 127 else "." for b in row)
        for start, row in rows
    )
