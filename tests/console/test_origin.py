from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django.fixtures import Settings

from console import origin

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"), ip_network("127.0.0.1"))


@pytest.fixture(autouse=True)
def proxies(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = PROXIES


def request(sender: str, forwarded: str | None = None, given: str | None = None) -> HttpRequest:
    headers = {"X-Forwarded-For": forwarded, "X-Request-Id": given}
    sent = {name: value for name, value in headers.items() if value is not None}
    return RequestFactory().get("/", headers=sent, REMOTE_ADDR=sender)


@pytest.mark.parametrize(
    ("sender", "forwarded", "client"),
    [
        ("192.0.2.1", None, "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),  # anybody may send it
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),  # the first part is made up
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),  # two proxies of ours
        ("10.0.0.1", "1.2.3.4, 198.51.100.7,10.0.0.2", "198.51.100.7"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),  # a client inside
        ("10.0.0.1", "198.51.100.7:5123", "198.51.100.7"),
        ("10.0.0.1", "[2001:db8::1]:5123", "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0::1", "2001:db8::1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ",,,", "10.0.0.1"),
        ("::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("fd00::1", "::ffff:198.51.100.7", "198.51.100.7"),
        ("fe80::1%eth0", None, "fe80::1"),
        ("", "198.51.100.7", None),
        ("/run/socket", "198.51.100.7", None),
    ],
)
def test_address__headers_of_trusted_proxies_alone__count(
    sender: str, forwarded: str | None, client: str | None
) -> None:
    assert origin.address(request(sender, forwarded)) == client


def test_address__no_proxy_trusted__is_the_senders(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = ()
    assert origin.address(request("10.0.0.1", "198.51.100.7")) == "10.0.0.1"


@pytest.mark.parametrize(
    ("sender", "given", "kept"),
    [
        ("10.0.0.1", "req-1", "req-1"),
        ("10.0.0.1", "0190a2f4-7d4e-7c1a-9c57-0a4b5d9e3f21", "0190a2f4-7d4e-7c1a-9c57-0a4b5d9e3f21"),
        ("192.0.2.1", "req-1", ""),
        ("10.0.0.1", "x" * 37, ""),
        ("10.0.0.1", "a b", ""),
        ("10.0.0.1", "<script>", ""),
        ("10.0.0.1", "", ""),
        ("10.0.0.1", None, ""),
        ("", "req-1", ""),
    ],
)
def test_id_given__by_a_trusted_proxy_and_fit_to_keep__is_taken(
    sender: str, given: str | None, kept: str
) -> None:
    assert origin.id_given(request(sender, given=given)) == kept
