"""Each request of a page has an id and an address, and what it writes carries both."""

from __future__ import annotations

import re
from ipaddress import ip_network

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from releases.models import AuditEntry
from tests import make

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
EDIT = reverse("service-edit", args=[make.REGION, "shop"])


def test_answer__of_any_kind__carries_an_id_of_its_own(alice: Client, anonymous: Client) -> None:
    make.service()
    home = reverse("services", args=[make.REGION])
    answers = [alice.get(home), anonymous.get(home), alice.get("/nowhere/"), alice.get("/healthz")]
    ids = [answer["X-Request-Id"] for answer in answers]
    assert all(UUID7.fullmatch(each) for each in ids)
    assert len(set(ids)) == len(ids)


def test_write__by_a_page__leaves_the_id_of_its_answer_and_the_address(alice: Client) -> None:
    make.service()
    answer = alice.post(EDIT, {"description": "new"}, REMOTE_ADDR="192.0.2.9")
    entry = AuditEntry.objects.get(action="service.describe")
    assert (entry.request, entry.ip) == (answer["X-Request-Id"], "192.0.2.9")
    assert (entry.source, entry.by.username) == ("page", "alice")


HEADERS = {"X-Request-Id": "mine", "X-Forwarded-For": "198.51.100.7"}


def test_write__headers_of_anybody__are_not_believed(alice: Client) -> None:
    make.service()
    answer = alice.post(EDIT, {"description": "new"}, headers=HEADERS, REMOTE_ADDR="192.0.2.9")
    entry = AuditEntry.objects.get(action="service.describe")
    assert answer["X-Request-Id"] == entry.request != "mine"
    assert entry.ip == "192.0.2.9"


def test_write__headers_of_a_trusted_proxy__are_believed(alice: Client, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = (ip_network("192.0.2.0/24"),)
    make.service()
    answer = alice.post(EDIT, {"description": "new"}, headers=HEADERS, REMOTE_ADDR="192.0.2.9")
    entry = AuditEntry.objects.get(action="service.describe")
    assert answer["X-Request-Id"] == entry.request == "mine"
    assert entry.ip == "198.51.100.7"


@pytest.mark.parametrize("header", ["X-Request-Id", "X-Forwarded-For"])
def test_request__junk_from_a_proxy__is_answered(alice: Client, settings: Settings, header: str) -> None:
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)
    make.service()
    answer = alice.post(EDIT, {"description": "new"}, headers={header: "\u00ff<>," * 500})
    assert answer.status_code == 302
    assert AuditEntry.objects.get(action="service.describe").ip == "127.0.0.1"
