"""One test invocation, by the front door: the console calls the gateway over HTTP as any caller does."""

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


class NotInvoked(Refused):
    """The function did not run: the gateway is away, or declined the call."""


@dataclass(frozen=True, slots=True)
class Invoked:
    """How a call ended.

    `alias_revision` is the id of the revision that routed it, 0 without an alias; `error_type` is empty for
    success; `body` holds at most MAX_BODY of the result's `size` bytes.
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
    payload: bytes,
    timeout_s: int,
    now: float,
) -> Invoked:
    """Call a function once and wait for its end. `now` is in seconds since the epoch.

    Raises NotInvoked, with a sentence, when no answer came or the answer is that it did not run.
    """
    # fresh: the gateway looks at the database first, so that what was just deployed is what is tested.
    claims = {"sub": by, "region": region, "fresh": True}
    token = tokens.mint(tokens.derive_key(settings.SECRET_KEY), claims, now + TOKEN_S)
    path = f"/2016-08-15/services/{quote(f'{service}.{qualifier}')}/functions/{quote(function)}/invocations"
    headers = {
        "Authorization": f"{tokens.SCHEME} {token}",
        "Content-Type": "application/octet-stream",
        "X-Fc-Log-Type": "Tail",
    }
    if not _SLOTS.acquire(blocking=False):
        raise NotInvoked(
            f"{AT_ONCE} tests are running already: wait until one has ended, or start a test run"
        )
    connection = _connection(timeout_s + MARGIN_S)
    started = time.perf_counter()
    try:
        connection.request("POST", path, payload, headers)
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


def _connection(timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(settings.GATEWAY_URL)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    return kind(parts.hostname or "", parts.port, timeout=timeout_s)


def _read(response: http.client.HTTPResponse, body: bytes, round_trip_ms: float) -> Invoked:
    if response.status != 200:
        raise NotInvoked(_refusal(response.status, body))
    header = response.headers.get
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
        size=int(header("content-length", len(body))),
        round_trip_ms=round_trip_ms,
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
