"""Typed readers of environment variables. A bad value is one clear line, never a guess."""

from __future__ import annotations

import os
from collections.abc import Collection
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from releases.core import targets

Network: TypeAlias = IPv4Network | IPv6Network


class BadEnvironment(Exception):
    """An environment variable has a value that cannot be used. The text names the variable."""


def text(name: str, default: str = "") -> str:
    """The variable, or the default when it is unset or empty."""
    return os.environ.get(name) or default


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
    raw = text(name)
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
        raise BadEnvironment(f"{name} must be a whole number from {low} to {high}, not {raw!r}")
    return int(raw)


def port(name: str, default: int) -> int:
    return integer(name, default, low=1, high=65535)


def flag(name: str, default: bool = False) -> bool:
    raw = text(name).lower()
    if not raw:
        return default
    if raw not in {"0", "1", "false", "true", "no", "yes"}:
        raise BadEnvironment(f"{name} must be 1 or 0, not {raw!r}")
    return raw in {"1", "true", "yes"}


def names(name: str, default: list[str]) -> list[str]:
    """A comma-separated list of words that can stand in an address."""
    raw = text(name)
    found = [part.strip() for part in raw.split(",") if part.strip()] if raw else default
    if not found or any(set(part) & set("/?#% \t") for part in found):
        raise BadEnvironment(f"{name} must be names separated by commas, not {raw!r}")
    return found


def choice(name: str, default: str, allowed: Collection[str]) -> str:
    raw = text(name, default)
    if raw not in allowed:
        raise BadEnvironment(f"{name} must be one of {', '.join(sorted(allowed))}, not {raw!r}")
    return raw


def origin(name: str, default: str) -> str:
    """http://host:port or https://host, without a slash at the end."""
    raw = text(name, default)
    try:
        parts = urlsplit(raw)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound or raw.rstrip("/") != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        raise BadEnvironment(f"{name} must be of the form https://host or http://host:port, not {raw!r}")
    return raw.rstrip("/")


def time_zone(name: str, default: str) -> str:
    """A name of the tz database, such as Asia/Shanghai."""
    raw = text(name, default)
    try:
        ZoneInfo(raw)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise BadEnvironment(f"{name} must be a time zone such as Asia/Shanghai, not {raw!r}") from None
    return raw


def networks(name: str) -> tuple[Network, ...]:
    """Addresses and networks in CIDR notation, separated by commas; none without a value."""
    parts = [part.strip() for part in text(name).split(",") if part.strip()]
    try:
        return tuple(ip_network(part) for part in parts)
    except ValueError as error:
        raise BadEnvironment(
            f"{name} must be networks such as 10.0.0.0/8, separated by commas: {error}"
        ) from None


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings of postgresql://user:password@host:port/name, or postgresql:///name?host=/socket/folder.

    Other parameters, such as sslmode=verify-full, are libpq's and go to every connection.
    """
    # Never repeats the value: it may hold a password.
    refusal = BadEnvironment(f"{name} must be of the form postgresql://user:password@host:port/name")
    try:
        parts = urlsplit(text(name, default))
        port = parts.port
    except ValueError:
        raise refusal from None
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise refusal
    parameters = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parameters.pop("host", unquote(parts.hostname or "")),
        "PORT": parameters.pop("port", str(port or "")),
        "OPTIONS": parameters,
    }


def mail_server(name: str) -> dict[str, Any]:
    """Django's settings of smtp://user:password@host:port; without a value, of no mail server.

    smtp+starttls:// encrypts after a greeting in the clear (port 587), smtps:// from the first byte (465).
    """
    raw = text(name)
    if not raw:
        return {"EMAIL_HOST": ""}
    # Never repeats the value: it may hold a password.
    refusal = BadEnvironment(f"{name} must be of the form smtps://user:password@host:port")
    ports = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
    try:
        parts = urlsplit(raw)
        port = parts.port or ports[parts.scheme]
    except (ValueError, KeyError):
        raise refusal from None
    if not parts.hostname or parts.path.strip("/") or parts.query:
        raise refusal
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }


def sender(name: str, default: str) -> str:
    """An address that e-mails come from, with or without a name: Serin <serin@example.com>."""
    raw = text(name, default)
    _, address = parseaddr(raw)
    before, _, host = address.rpartition("@")
    if not before or not host or not raw.isprintable():
        raise BadEnvironment(f"{name} must be of the form Serin <serin@example.com>, not {raw!r}")
    return raw


def allowed_targets(name: str) -> targets.Allowed:
    """Host names, addresses and networks, separated by commas; none without a value."""
    try:
        return targets.parse_allowed(part.strip() for part in text(name).split(",") if part.strip())
    except targets.BadTarget as error:
        raise BadEnvironment(f"{name}: {error}") from None


def folder(name: str, default: Path) -> Path:
    return Path(text(name, str(default))).expanduser().resolve()


def home() -> Path:
    """Where everything lives that Serin writes."""
    return folder("SERIN_HOME", Path(__file__).resolve().parent.parent / "var")
