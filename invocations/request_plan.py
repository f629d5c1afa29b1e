"""What a test run sends to an HTTP function: what is fixed, and what is drawn anew for each call.

A `RequestPlan` is stored with its run as JSON; `invocations.requests` makes its calls.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from . import drawn
from .drawn import MAX_NAME, BadAttribute, DrawnAttribute, Listed, Place, has_controls

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")
MAX_DRAWN: Final = 8
# The gateway takes 8 KB of headers and 4 KB of path and query. The rest is for what we add: authorization and
# host, and the names of service, qualifier and function.
MAX_HEAD: Final = 6144  # bytes of headers and cookies of one call
MAX_ADDRESS: Final = 3584  # bytes of its path and query
MAX_BODY: Final = 128 * 1024  # bytes
OWN_HEADERS: Final = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
OWN_PREFIXES: Final = ("x-fc-", "x-serin-")

IN_PATH: Final = "/%:@!$&'()*+,;=~"
IN_QUERY: Final = IN_PATH + "?"

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")  # RFC 9110, 5.6.2


class BadRequestPlan(ValueError):
    """A plan that cannot be taken.

    `field` is method, path, query, headers, cookies, body or drawn; the text is a sentence. Where a drawn
    attribute is at fault, `row` is its place, from 0, and `part` is name, values, prefix or count.
    """

    def __init__(self, field: str, text: str, *, row: int | None = None, part: str = "") -> None:
        super().__init__(text)
        self.field = field
        self.row = row
        self.part = part


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPlan:
    """What a run sends to an HTTP function.

    `path` begins with a slash and `query` has no question mark. Both are sent as they stand, except that what
    an address cannot hold is percent-encoded. Headers and cookies are pairs of name and value.
    """

    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[tuple[str, str], ...] = ()
    body: str = ""
    drawn: tuple[DrawnAttribute, ...] = ()

    def check(self) -> None:
        """Raise BadRequestPlan."""
        if self.method not in METHODS:
            raise BadRequestPlan("method", f"The method is one of {', '.join(METHODS)}.")
        self._check_address()
        _check_given("headers", Place.HEADER, self.headers)
        _check_given("cookies", Place.COOKIE, self.cookies)
        self._check_body()
        self._check_drawn()
        self._check_sizes()

    def document(self) -> dict[str, Any]:
        """What `parse` reads back."""
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": [list(pair) for pair in self.headers],
            "cookies": [list(pair) for pair in self.cookies],
            "body": self.body,
            "drawn": [attribute.document() for attribute in self.drawn],
        }

    def _check_address(self) -> None:
        if not self.path.startswith("/"):
            raise BadRequestPlan("path", "The path begins with a slash.")
        if "?" in self.path or "#" in self.path:
            raise BadRequestPlan("path", "The path holds neither ? nor #: the query has a field of its own.")
        if any(unquote(segment) in {".", ".."} for segment in self.path.split("/")):
            # A balancer on the way would take the call out of the function's address.
            raise BadRequestPlan("path", "The path cannot hold . or .. between slashes.")
        if has_controls(self.path):
            raise BadRequestPlan("path", "The path holds a control character.")
        if "#" in self.query:
            raise BadRequestPlan("query", "The query cannot hold #: write it as %23.")
        if has_controls(self.query):
            raise BadRequestPlan("query", "The query holds a control character.")

    def _check_body(self) -> None:
        try:
            size = len(self.body.encode())
        except UnicodeEncodeError:
            raise BadRequestPlan("body", "The body must be text that UTF-8 can write.") from None
        if "\0" in self.body:
            raise BadRequestPlan("body", "The body cannot hold the NUL character.")
        if size > MAX_BODY:
            raise BadRequestPlan("body", f"The body is too large ({size:,} of {MAX_BODY:,} bytes).")

    def _check_drawn(self) -> None:
        if len(self.drawn) > MAX_DRAWN:
            raise BadRequestPlan("drawn", f"At most {MAX_DRAWN} attributes are drawn.")
        taken = {(Place.QUERY, unquote_plus(pair.partition("=")[0])) for pair in self.query.split("&")}
        taken |= {(Place.HEADER, name.lower()) for name, _ in self.headers}
        taken |= {(Place.COOKIE, name) for name, _ in self.cookies}
        for row, attribute in enumerate(self.drawn):
            try:
                check_attribute(attribute)
            except BadAttribute as bad:
                raise BadRequestPlan("drawn", str(bad), row=row, part=bad.part) from bad
            header = attribute.place is Place.HEADER
            named = (attribute.place, attribute.name.lower() if header else attribute.name)
            if named in taken:
                sentence = f"The {attribute.place.lower()} {attribute.name} is given twice."
                raise BadRequestPlan("drawn", sentence, row=row, part="name")
            taken.add(named)

    def _check_sizes(self) -> None:
        """The longest request that could be drawn must fit."""
        query = [each for each in self.drawn if each.place is Place.QUERY]
        address = len(quote(self.path, IN_PATH)) + len(quote(self.query, IN_QUERY))
        address += sum(len(in_query(each.name)) + each.source.longest(in_query) + 2 for each in query)
        if address > MAX_ADDRESS:
            sentence = f"Path and query can take {address:,} bytes (at most {MAX_ADDRESS:,})."
            raise BadRequestPlan("path", sentence)
        head = sum(len(f"{name}: {value}\r\n".encode()) for name, value in (*self.headers, *self.cookies))
        others = [each for each in self.drawn if each.place is not Place.QUERY]
        head += sum(len(f"{each.name}: \r\n") + each.source.longest(str.encode) for each in others)
        if head > MAX_HEAD:
            sentence = f"Headers and cookies can take {head:,} bytes (at most {MAX_HEAD:,})."
            raise BadRequestPlan("headers", sentence)


def in_query(text: str) -> bytes:
    """A name or value as a query holds it."""
    return quote_plus(text).encode()


def parse(document: dict[str, Any]) -> RequestPlan:
    """Read what `RequestPlan.document` wrote."""
    return RequestPlan(
        method=document["method"],
        path=document["path"],
        query=document["query"],
        headers=tuple((name, value) for name, value in document["headers"]),
        cookies=tuple((name, value) for name, value in document["cookies"]),
        body=document["body"],
        drawn=tuple(drawn.parse(attribute) for attribute in document["drawn"]),
    )


def check_attribute(attribute: DrawnAttribute) -> None:
    """Raise BadAttribute."""
    place, source = attribute.place, attribute.source
    _check_name(place, attribute.name)
    source.check()
    for part, text in (
        [("values", value) for value in source.values]
        if isinstance(source, Listed)
        else [("prefix", source.prefix)]
    ):
        _check_value(place, text, part)


def _check_given(field: str, place: Place, pairs: Iterable[tuple[str, str]]) -> None:
    """Raise BadRequestPlan."""
    for name, value in pairs:
        try:
            _check_name(place, name)
            _check_value(place, value, "values")
        except BadAttribute as bad:
            raise BadRequestPlan(field, str(bad)) from bad


def _check_name(place: Place, name: str) -> None:
    if not name:
        raise BadAttribute("name", f"The {place.lower()} needs a name.")
    if len(name) > MAX_NAME:
        raise BadAttribute("name", f"The name is too long ({len(name):,} of {MAX_NAME} characters).")
    if place is Place.QUERY:
        if has_controls(name):
            raise BadAttribute("name", "The name holds a control character.")
        return
    if not _TOKEN.fullmatch(name):
        raise BadAttribute("name", f"A {place.lower()} name holds only letters, digits and !#$%&'*+.^_`|~-")
    if place is Place.HEADER:
        _check_free(name.lower())


def _check_free(header: str) -> None:
    if header == "cookie":
        raise BadAttribute(
            "name", "The header Cookie is made of the cookies: they have a field of their own."
        )
    if header in OWN_HEADERS or header.startswith(OWN_PREFIXES):
        raise BadAttribute("name", f"The header {header} is made on the way and cannot be given.")


def _check_value(place: Place, value: str, part: str) -> None:
    if has_controls(value):
        raise BadAttribute(part, "A value holds a control character.")
    if place is Place.QUERY:
        return
    if value != value.strip():
        raise BadAttribute(part, f"A {place.lower()} can neither begin nor end with a blank.")
    if place is Place.COOKIE and ";" in value:
        raise BadAttribute(part, "A cookie cannot hold a semicolon.")
