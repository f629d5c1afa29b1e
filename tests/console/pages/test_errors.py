"""What a request gets that no page answers: a page in words all the same, never a blank one or a trace."""

from __future__ import annotations

from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from tests import make

SERVICES = [make.REGION]
FORM = "application/x-www-form-urlencoded"


def _away(*_args: Any) -> NoReturn:
    raise OperationalError("the server closed the connection unexpectedly")


@pytest.fixture
def strict(db: None) -> Client:
    """A browser whose forms need their token, and that has been given one."""
    client = Client(enforce_csrf_checks=True, headers={"host": urlsplit(configured.CONSOLE_URL).netloc})
    client.force_login(make.user("alice"))
    client.get(reverse("service-create", args=SERVICES))
    return client


@pytest.mark.parametrize("name", ["services", "service-create"])
def test_page__head__is_answered(alice: Client, name: str) -> None:
    assert alice.head(reverse(name, args=SERVICES)).status_code == 200


def test_writing_address__opened_as_a_page__says_what_it_is(alice: Client) -> None:
    response = alice.get(reverse("version-publish", args=[*SERVICES, "shop"]))
    assert response.status_code == 405
    assert "This is not a page" in response.content.decode()
    assert response["Content-Length"] == str(len(response.content))


def test_form__without_its_token__is_refused_in_words(strict: Client) -> None:
    response = strict.post(reverse("service-create", args=SERVICES), {"name": "shop"})
    assert response.status_code == 403
    assert "This form is out of date" in response.content.decode()


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"n\0a\0", f"{FORM}; charset=utf-16"), (b"x", "multipart/form-data"), (b"name=" + b"a" * 2000, FORM)],
    ids=["charset", "no boundary", "too large"],
)
def test_form__unreadable__is_a_bad_request_in_words(
    strict: Client, settings: Settings, body: bytes, kind: str
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = strict.post(reverse("service-create", args=SERVICES), body, content_type=kind)
    assert response.status_code == 400
    assert "Not understood" in response.content.decode()


def test_page__database_away__is_unavailable(alice: Client) -> None:
    alice.raise_request_exception = False
    with connection.execute_wrapper(_away):
        response = alice.get(reverse("services", args=SERVICES))
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "The database does not answer" in response.content.decode()


def test_page__fault_of_ours__is_an_error_in_words(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.raise_request_exception = False
    monkeypatch.setattr("console.context.reverse", lambda *_args, **_kwargs: 1 / 0)
    response = alice.get(reverse("services", args=SERVICES))
    assert response.status_code == 500
    assert "Something went wrong on our side" in response.content.decode()


def test_upload__two_files_in_a_request__are_more_than_any_form_has(anonymous: Client) -> None:
    files = {name: SimpleUploadedFile(name, b"x") for name in ("first", "second")}
    assert anonymous.post(reverse("log-in"), files).status_code == 400
