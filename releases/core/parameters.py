"""What rules and sticky keys look at: one header, cookie or query parameter of a call.

A header is named without regard to case; a repeated header counts as one, its values joined by ", " (RFC
9110, 5.3). Of a repeated cookie or query parameter the first counts. A value is text: what is not UTF-8 is
replaced, percent-encoding that cannot be read stays as it was sent. Of all a call's cookies, and of its
query, the first 8 KB are looked through.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias
from urllib.parse import unquote_plus

MAX_KEY: Final = 128
MAX_READ: Final = 8192  # bytes of cookies, and of a query, that are looked through
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2


class BadParameter(ValueError):
    """A parameter that cannot be named so; the text is a sentence, `part` is type or key."""

    def __init__(self, text: str, part: str = "key") -> None:
        super().__init__(text)
        self.part = part


class Source(StrEnum):
    """Where the value stands. The values are Function Compute's words; its console says Query for Param."""

    HEADER = "Header"
    COOKIE = "Cookie"
    QUERY = "Param"

    @property
    def label(self) -> str:
        return "Query" if self is Source.QUERY else self.value


@dataclass(frozen=True, slots=True)
class Parameter:
    source: Source
    key: str

    def __str__(self) -> str:
        return f"{self.source.label.lower()} {self.key}"


def parse_parameter(kind: object, key: object) -> Parameter:
    """Read the type and key of a rule. Raises `BadParameter`."""
    if not isinstance(kind, str) or kind not in _SOURCES:
        raise BadParameter("The parameter type must be Header, Cookie or Query.", part="type")
    source = _SOURCES[kind]
    if not isinstance(key, str) or not key:
        raise BadParameter("The parameter needs a name.")
    if len(key) > MAX_KEY:
        raise BadParameter(f"The parameter's name is too long ({len(key)} of {MAX_KEY} characters).")
    if source is not Source.QUERY and not _TOKEN.fullmatch(key):
        raise BadParameter(f"A {source.label.lower()} name holds only letters, digits and !#$%&'*+.^_`|~-")
    if has_controls(key):
        raise BadParameter("The parameter's name holds a control character.")
    return Parameter(source, key)


def has_controls(text: str) -> bool:
    """Control characters, and surrogates, which no text on the wire or in the database can hold."""
    return any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


_SOURCES: Final[Mapping[str, Source]] = {
    **{source.value: source for source in Source},
    "Query": Source.QUERY,
}


class Attributes:
    """A call as rules see it. Cookies and query are taken apart when first asked for, and only once.

    `headers` has lower-cased names. `http` is False for event calls, on which rules do not act.
    """

    __slots__ = ("_cookies", "_parameters", "_query", "headers", "http")

    def __init__(self, headers: Mapping[bytes, bytes], query: bytes = b"", http: bool = True) -> None:
        self.headers = headers
        self.http = http
        self._query = query
        self._cookies: dict[str, str] | None = None
        self._parameters: dict[str, str] | None = None

    def cookie(self, name: str) -> str | None:
        if self._cookies is None:
            self._cookies = parse_cookies(text_of(self.headers.get(b"cookie", b"")[:MAX_READ]))
        return self._cookies.get(name)

    def parameter(self, name: str) -> str | None:
        if self._parameters is None:
            self._parameters = parse_query(text_of(self._query[:MAX_READ]))
        return self._parameters.get(name)

    def get(self, parameter: Parameter) -> str | None:
        """The value, or None when the call has none."""
        value = reader(parameter)(self)
        return text_of(value) if isinstance(value, bytes) else value


Value: TypeAlias = bytes | str | None
"""A value as it is read: of a header its bytes, for not every decision needs its text."""


def reader(parameter: Parameter) -> Callable[[Attributes], Value]:
    """What reads `parameter` of a call."""
    if parameter.source is Source.HEADER:
        name = header_name(parameter)
        return lambda call: call.headers.get(name)
    key = parameter.key
    if parameter.source is Source.COOKIE:
        return lambda call: call.cookie(key)
    return lambda call: call.parameter(key)


def header_name(parameter: Parameter) -> bytes:
    return parameter.key.lower().encode()


def text_of(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def parse_cookies(text: str) -> dict[str, str]:
    """The first value of each cookie of a Cookie header; what has no "=" is passed over."""
    found: dict[str, str] = {}
    for pair in text.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            found.setdefault(name.strip(), value.strip())
    return found


def parse_query(text: str) -> dict[str, str]:
    """The first value of each parameter; one without "=" is there, and empty."""
    found: dict[str, str] = {}
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.setdefault(unquote_plus(name), unquote_plus(value))
    return found
