"""What passes between the callers of HTTP functions and the functions: headers, and cookies above all.

Cookies ignore ports: where console and gateway share a host name, a browser sends the console's session to
every function, and a function could replace it, or push it out with many others. So the console's names
pass in neither direction, no rule sees them, and under the console's host name functions set no cookie.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from invocations.engine.http import HeaderList

MAX_COOKIES: Final = 20
"""Cookies that one answer may set; those after them are dropped."""

_HOP_BY_HOP = frozenset(
    (
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
_NOT_IN = _HOP_BY_HOP | {b"content-length", b"expect"}
# Ours alone to say; Clear-Site-Data would log people out of the console under a shared host name, Alt-Svc
# would lead callers elsewhere, and Strict-Transport-Security would bind all who share the host name.
_NOT_OUT = _HOP_BY_HOP | {
    b"alt-svc",
    b"clear-site-data",
    b"content-disposition",
    b"content-length",
    b"date",
    b"server",
    b"set-cookie2",
    b"strict-transport-security",
}
_RESERVED = (b"x-fc-", b"x-serin-")
_OUR_SCHEMES = (b"FC ", b"Serin ")
_COOKIE_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Border:
    """`cookies` are the console's, lower-cased; `console_host` is its host name without a port."""

    cookies: frozenset[bytes]
    console_host: bytes

    def decided_on(self, headers: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
        """The headers that rules and keys see: whoever sets an alias must not guess at a session by them."""
        cookies = headers.get(b"cookie")
        return headers if cookies is None else {**headers, b"cookie": self._without_ours(cookies)}

    def inwards(self, headers: Iterable[tuple[bytes, bytes]], body_bytes: int) -> HeaderList:
        """The headers of a request that its function gets."""
        passed = []
        for name, value in headers:
            if name in _NOT_IN or name.startswith(_RESERVED):
                continue
            if name == b"authorization" and value.startswith(_OUR_SCHEMES):
                continue
            if name == b"cookie":
                kept = self._without_ours(value)
                if kept:
                    passed.append((name, kept))
                continue
            passed.append((name, value))
        if body_bytes:
            passed.append((b"content-length", b"%d" % body_bytes))
        return passed

    def outwards(self, headers: HeaderList, host: bytes) -> HeaderList:
        """The headers of a function's answer that its caller gets; `host` is the Host that was asked."""
        passed = []
        cookies = MAX_COOKIES if host_name(host) != self.console_host else 0
        for name, value in headers:
            if name in _NOT_OUT or name.startswith(_RESERVED):
                continue
            if name != b"set-cookie":
                passed.append((name, value))
                continue
            cookie = self._settable(value)
            if cookie and cookies:
                cookies -= 1
                passed.append((name, cookie))
        return passed

    def _without_ours(self, cookies: bytes) -> bytes:
        kept = [pair for pair in cookies.split(b";") if _name_of(pair).lower() not in self.cookies]
        return b";".join(kept).strip()

    def _settable(self, cookie: bytes) -> bytes:
        """The cookie as a function may set it, for its own host alone; empty for one that it may not.

        A cookie without a name is sent back as its value alone, which may look like any cookie.
        """
        pair, *attributes = cookie.split(b";")
        name = _name_of(pair)
        if b"=" not in pair or not _COOKIE_NAME.fullmatch(name) or name.lower() in self.cookies:
            return b""
        return b";".join([pair, *(each for each in attributes if _name_of(each).lower() != b"domain")])


def _name_of(pair: bytes) -> bytes:
    # As text, because Django strips more kinds of space from a name than bytes know.
    return pair.partition(b"=")[0].decode("latin-1").strip().encode("latin-1")


def host_name(host: bytes) -> bytes:
    """Of a Host header, without port and final dot: b"LOCALHOST.:80" -> b"localhost"."""
    name, colon, port = host.rpartition(b":")
    return (name if colon and port.isdigit() else host.rstrip(b":")).rstrip(b".").lower()
