"""Browsers of the console: the pages live under one host name."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from console.pages import function_test
from releases.models import User
from tests import make

from .answering import ANSWER, Gateway

HTMX = {"hx-request": "true"}


@pytest.fixture(scope="session", autouse=True)
def static_root() -> None:
    """Collected files are not needed here, but WhiteNoise warns when their folder is missing."""
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)


@pytest.fixture(autouse=True)
def fast_passwords(settings: Settings) -> None:
    """The real hasher takes half a second for each user, on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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


@pytest.fixture
def root(db: None) -> Client:
    """A browser of an administrator who is in no team."""
    person = make.outsider("root")
    person.is_superuser = True
    person.save()
    client = browser()
    client.force_login(person)
    return client


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    double = Gateway(ANSWER)
    monkeypatch.setattr(function_test, "invoke", double)
    return double


def logged_in(user: User) -> Client:
    """A browser in which somebody has just given the password, so that nothing asks for it again."""
    client = browser()
    answer = client.post(reverse("log-in"), {"login": user.username, "password": f"{user.username}-Passw0rd"})
    assert answer.status_code == 302
    return client
