from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg import sql
from pytest_django import DjangoDbBlocker

from console.gateway.database import conninfo

from .process import GatewayProcess, running_gateway


@pytest.fixture(scope="session")
def gateway_database(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database for a living gateway: the flush of pytest-django's would fight it for locks.

    What tests write into it stays until the end of the run.
    """
    name = f"gateway_{uuid.uuid4().hex}"
    with (
        django_db_blocker.unblock(),
        psycopg.connect(conninfo(), dbname="postgres", autocommit=True) as server,
    ):
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        original = _switch(name)
        call_command("migrate", verbosity=0, skip_checks=True)
        _switch(original)
        yield name
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(gateway_database: str, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The gateway's database becomes the default one, and what the test writes is committed."""
    with django_db_blocker.unblock():
        original = _switch(gateway_database)
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


def _switch(name: str) -> str:
    """Let the default connection lead to another database; returns which it was."""
    before = str(connection.settings_dict["NAME"])
    connection.close()
    connection.settings_dict["NAME"] = name
    return before
