"""The calls of a test run as bytes: what index i sends, to an event function and to an HTTP function.

What all calls have in common is rendered once; a call joins it with the values that it draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote, urlsplit

from .drawn import Place, Value
from .request_plan import IN_PATH, IN_QUERY, RequestPlan, in_query

RequestOf: TypeAlias = Callable[[int], bytes]
"""The whole request of an index."""
Piece: TypeAlias = str | Value


@dataclass(frozen=True, slots=True)
class Target:
    """Where calls go. `authorization` is the whole header value."""

    endpoint: str
    service: str
    qualifier: str
    function: str
    authorization: str

    @property
    def own_lines(self) -> str:
        """The headers that every call begins with."""
        return f"Host: {urlsplit(self.endpoint).netloc}\r\nAuthorization: {self.authorization}\r\n"


def events(target: Target, payloads: Sequence[bytes]) -> RequestOf:
    """Calls of an event function: index i sends payload i modulo their number."""
    path = f"/2016-08-15/services/{target.service}.{target.qualifier}/functions/{target.function}/invocations"
    head = f"POST {path} HTTP/1.1\r\n{target.own_lines}Content-Type: application/octet-stream\r\n"
    requests = [f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload for payload in payloads]
    return lambda index: requests[index % len(requests)]


def calls(target: Target, plan: RequestPlan, *, run: str) -> RequestOf:
    """Calls of an HTTP function. `run` is what chance depends on: another run draws other values."""
    query, headers, cookies = _given(plan)
    for row, attribute in enumerate(plan.drawn):
        stream = f"{run}:{row}"
        if attribute.place is Place.QUERY:
            value = attribute.source.drawn(stream, in_query)
            query.append([f"{in_query(attribute.name).decode()}=", value])
        else:
            value = attribute.source.drawn(stream, str.encode)
            lines, sign = (headers, ": ") if attribute.place is Place.HEADER else (cookies, "=")
            lines.append([f"{attribute.name}{sign}", value])
    if cookies:
        headers.append(_joined("Cookie: ", "; ", cookies))
    base = f"/2016-08-15/proxy/{target.service}.{target.qualifier}/{target.function}"
    return _compiled(
        [
            f"{plan.method} {base}{quote(plan.path, IN_PATH)}",
            *_joined("?", "&", query),
            f" HTTP/1.1\r\n{target.own_lines}",
            *_joined("", "\r\n", [*headers, [f"Content-Length: {len(plan.body.encode())}"]]),
            f"\r\n\r\n{plan.body}",
        ]
    )


def _given(plan: RequestPlan) -> tuple[list[list[Piece]], list[list[Piece]], list[list[Piece]]]:
    """What is fixed of query, headers and cookies."""
    query: list[list[Piece]] = [[quote(plan.query, IN_QUERY)]] if plan.query else []
    headers: list[list[Piece]] = [[f"{name}: {value}"] for name, value in plan.headers]
    cookies: list[list[Piece]] = [[f"{name}={value}"] for name, value in plan.cookies]
    return query, headers, cookies


def _joined(first: str, then: str, items: Iterable[Iterable[Piece]]) -> list[Piece]:
    """The items one after the other, with `first` before the first and `then` before each other one."""
    return [piece for place, item in enumerate(items) for piece in (then if place else first, *item)]


def _compiled(pieces: list[Piece]) -> RequestOf:
    """Join what is fixed between two values once and for all."""
    parts: list[bytes] = [b""]
    values: list[tuple[int, Value]] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts[-1] += piece.encode()
        else:
            values.append((len(parts), piece))
            parts += [b"", b""]

    def request(index: int) -> bytes:
        for place, value in values:
            parts[place] = value(index)
        return b"".join(parts)

    return request
