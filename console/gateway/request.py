"""A parsed request and its answer, as the hot path knows them: of no particular server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from invocations.engine.streams import AnswerStream, Upload

API_PREFIX = "/2016-08-15/"
PROXY_PREFIX = b"/2016-08-15/proxy/"


class Body(NamedTuple):
    """The body of a request: all of it in `first`, unless there is a `rest`."""

    length: int
    first: bytes
    rest: Upload | None = None


@dataclass(slots=True)
class Request:
    """`headers` has lower-cased names; `read` gives the body, or raises `FcRefusal` above its limit in bytes.

    `receive` gives it as it comes when it is large and says how large; one that does not say, or is small, is
    waited for. The body is read late, so that nobody who may not call can make the gateway hold one. Of a
    header that was sent more than once, `headers` has the values joined and `all_headers` has each.
    """

    method: bytes
    path: str
    raw_path: bytes
    headers: dict[bytes, bytes]
    read: Callable[[int], Awaitable[bytes]]
    receive: Callable[[int], Awaitable[Body]]
    query: bytes = b""
    all_headers: Collection[tuple[bytes, bytes]] = ()
    client: bytes = b""
    """The address of the other end of the connection."""


class Answer(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    stream: AnswerStream | None = None
    """The body in place of `body`, when it is still to come. Without a Content-Length it has any length."""


class Address(NamedTuple):
    """What an invocation's path names. `qualifier` is LATEST when the caller named none."""

    service: str
    qualifier: str
    function: str


MAX_PATH = 512  # more than the longest names together take; what is remembered per path stays small


def invocation_address(path: str) -> Address | None:
    """Read `/2016-08-15/services/{service[.qualifier]}/functions/{function}/invocations`; None for others."""
    return _address(path) if len(path) <= MAX_PATH else None


@lru_cache(maxsize=4096)
def _address(path: str) -> Address | None:
    match path.split("/"):
        case ["", "2016-08-15", "services", qualified, "functions", function, "invocations"]:
            # A service's name cannot hold a dot.
            service, dot, qualifier = qualified.partition(".")
            return Address(service, qualifier if dot else "LATEST", function)
    return None


class HttpAddress(NamedTuple):
    """What the path of an HTTP function names. `base` and `path` make up the path as it was sent."""

    called: Address
    base: bytes
    path: bytes


def http_address(raw_path: bytes) -> HttpAddress | None:
    """Read `/2016-08-15/proxy/{service[.qualifier]}/{function}[/{path}]`; None for others."""
    parts = raw_path.split(b"/", 5)
    if len(parts) < 5 or not parts[4] or not raw_path.startswith(PROXY_PREFIX):
        return None
    base = b"/".join(parts[:5])
    if len(base) > MAX_PATH:
        return None
    service, dot, qualifier = unquote(parts[3].decode("latin-1")).partition(".")
    function = unquote(parts[4].decode("latin-1"))
    called = Address(service, qualifier if dot else "LATEST", function)
    return HttpAddress(called, base, raw_path[len(base) :] or b"/")


@lru_cache(maxsize=256)
def region_of_host(host: bytes, regions: tuple[str, ...]) -> str | None:
    """The region in `{account}.{region}.fc...`, its `-internal` variant, or `{region}.anything`."""
    for label in host.decode("latin-1").split(".")[:2]:
        region = label.removesuffix("-internal")
        if region in regions:
            return region
    return None
