from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from pytest_django import DjangoDbBlocker

from console.gateway.database import conninfo

from .process import GatewayProcess, running_gateway


@pytest.fixture(scope="session")
def gateway_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A copy of the test database: the flush of a transactional test would fight the gateway for locks.

    What tests write into it stays until the end of the run.
    """
    with django_db_blocker.unblock():
        original = connection.settings_dict["NAME"]
        copy = f"{original}_gateway"
        connection.close()  # a database is copied only while nobody uses it
        name = sql.Identifier(copy)
        with psycopg.connect(conninfo(), dbname="postgres", autocommit=True) as outside:
            outside.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
            outside.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(original)))
            yield copy
            outside.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def database(gateway_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The gateway's database becomes the default one, and what the test writes is committed."""
    original = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        _switch(gateway_database)
        yield
        _switch(original)


@pytest.fixture(scope="session")
def gateway(gateway_database: str) -> Iterator[GatewayProcess]:
    """One gateway for all tests of a run."""
    with running_gateway(gateway_database) as process:
        yield process


@pytest.fixture
def name() -> str:
    """A service name that no other test uses."""
    return f"s-{uuid.uuid4()}"


def _switch(name: str) -> None:
    connection.close()
    connection.settings_dict["NAME"] = name
