"""A limit on failed log-ins, counted in Valkey by user name and address."""

from __future__ import annotations

import hashlib
import logging

from django.conf import settings
from redis import Redis, RedisError

log = logging.getLogger("serin.log_in")

FAILURES = 10
WINDOW_S = 300


def is_blocked(username: str, address: str) -> bool:
    """Whether so many log-ins failed within the window that the next must wait."""
    try:
        return int(_redis().get(_key(username, address)) or 0) >= FAILURES
    except RedisError:
        # The password still decides. Refusing everybody while Valkey is away would lock the operator out.
        log.warning("Valkey is away: log-ins are not throttled")
        return False


def count_failure(username: str, address: str) -> None:
    key = _key(username, address)
    try:
        with _redis().pipeline() as pipeline:
            pipeline.incr(key)
            pipeline.expire(key, WINDOW_S, nx=True)
            pipeline.execute()
    except RedisError:
        log.warning("Valkey is away: a failed log-in was not counted")


def _redis() -> Redis:
    return Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1)


def _key(username: str, address: str) -> str:
    who = hashlib.sha256(f"{username.lower()}\0{address}".encode()).hexdigest()[:32]
    return f"serin:log-in:{who}"
