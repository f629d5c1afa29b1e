from __future__ import annotations

import os
from pathlib import Path

import pytest

from console.stack.places import broker_url, database_url, redis_url, socket_folder


def test_socket_folder__ordinary_home__is_run_inside_it() -> None:
    assert socket_folder(Path("/srv/serin")) == Path("/srv/serin/run")


def test_socket_folder__home_too_long_for_a_socket__is_short_and_always_the_same() -> None:
    home = Path("/srv") / ("long" * 30)
    folder = socket_folder(home)
    assert folder == socket_folder(home)
    assert len(os.fsencode(folder / ".s.PGSQL.5432.lock")) < 108
    assert folder != socket_folder(home / "other")


def test_socket_folder__home_with_a_character_that_urls_quote__is_a_plain_one() -> None:
    for name in ("with space", "with,comma", "with?question", "with%percent", "mit-ü"):
        assert str(socket_folder(Path("/srv") / name)).startswith("/tmp/serin-")


def test_urls__ordinary_home__name_the_sockets() -> None:
    home = Path("/srv/serin")
    assert database_url(home) == "postgresql://serin@/serin?host=/srv/serin/run"
    assert redis_url(home) == "unix:///srv/serin/run/valkey.sock"


@pytest.mark.parametrize(
    ("redis_url", "broker"),
    [
        ("redis://:word@host:6379/3", "redis://:word@host:6379/3"),
        ("unix:///srv/serin/run/valkey.sock", "redis+socket:///srv/serin/run/valkey.sock"),
        (
            "unix:///srv/serin/run/valkey.sock?db=3",
            "redis+socket:///srv/serin/run/valkey.sock?virtual_host=3",
        ),
    ],
)
def test_broker_url__address_of_a_server__is_the_same_for_celery(redis_url: str, broker: str) -> None:
    assert broker_url(redis_url) == broker
