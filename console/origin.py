"""Where a request comes from. Headers count only when a trusted proxy (SERIN_TRUSTED_PROXIES) sent them."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

from django.conf import settings
from django.http import HttpRequest

Address: TypeAlias = IPv4Address | IPv6Address

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,36}")
_WITH_PORT: Final = re.compile(r"\[([^\]]*)\](?::\d+)?|([^:]*):\d+")


def address(request: HttpRequest) -> str | None:
    """The client's address; None when it has none, as over a socket file.

    Each proxy adds to X-Forwarded-For, at its end, whom it got the request from. So it is read from there
    on, for as long as trusted proxies wrote it; what stands before that, anybody may have made up.
    """
    found = _parsed(request.META.get("REMOTE_ADDR", ""))
    steps = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while found is not None and _is_trusted(found) and steps:
        before = _parsed(steps.pop())
        if before is None:
            break
        found = before
    return str(found) if found is not None else None


def id_given(request: HttpRequest) -> str:
    """The id that a trusted proxy gave the request; empty when there is none that can be kept."""
    sender = _parsed(request.META.get("REMOTE_ADDR", ""))
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    trusted = sender is not None and _is_trusted(sender)
    return given if trusted and _ID.fullmatch(given) else ""


def _is_trusted(found: Address) -> bool:
    return any(found in network for network in settings.TRUSTED_PROXIES)


def _parsed(text: str) -> Address | None:
    """An address, with or without port, brackets and the name of an interface."""
    text = text.strip()
    if match := _WITH_PORT.fullmatch(text):
        text = match[1] or match[2] or ""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
