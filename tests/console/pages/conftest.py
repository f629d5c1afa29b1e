"""Browsers of the console: the pages live under one host name."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from tests import make

HTMX = {"hx-request": "true"}


def browser() -> Client:
    return Client(headers={"host": urlsplit(settings.CONSOLE_URL).netloc})


@pytest.fixture
def anonymous(db: None) -> Client:
    return browser()


@pytest.fixture
def alice(db: None) -> Client:
    """A browser in which alice is logged in."""
    client = browser()
    client.force_login(make.user("alice"))
    return client
