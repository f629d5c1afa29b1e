from __future__ import annotations

import uuid

import pytest

from console.gateway.request import Address, http_address, invocation_address, region_of_host
from console.gateway.request_ids import uuid7

REGIONS = ("cn-hangzhou", "eu-central-1")


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/2016-08-15/services/shop/functions/pay/invocations", Address("shop", "LATEST", "pay")),
        ("/2016-08-15/services/shop.1/functions/pay/invocations", Address("shop", "1", "pay")),
        ("/2016-08-15/services/shop.a.b/functions/pay/invocations", Address("shop", "a.b", "pay")),
        ("/2016-08-15/services/shop./functions/pay/invocations", Address("shop", "", "pay")),
        ("/2016-08-15/services/shop/functions/pay/invocations/", None),
        ("/2016-08-15/services/shop/functions/pay", None),
        ("/2021-04-06/services/shop/functions/pay/invocations", None),
        ("/2016-08-15/services/" + "s" * 2000 + "/functions/pay/invocations", None),
        ("", None),
    ],
)
def test_invocation_address__path__names_what_is_called(path: str, address: Address | None) -> None:
    assert invocation_address(path) == address


@pytest.mark.parametrize(
    ("below", "called", "path"),
    [
        (b"shop/web/", Address("shop", "LATEST", "web"), b"/"),
        (b"shop/web", Address("shop", "LATEST", "web"), b"/"),
        (b"shop.alias1/web//a//b/", Address("shop", "alias1", "web"), b"//a//b/"),
        (b"shop.1/web/a%20b%2Fc%zz", Address("shop", "1", "web"), b"/a%20b%2Fc%zz"),
        (b"sh%6Fp%2E2/w%65b/%", Address("shop", "2", "web"), b"/%"),
        (b"%FF%00/%2F/x", Address("\ufffd\0", "LATEST", "/"), b"/x"),
        (b"/web/", Address("", "LATEST", "web"), b"/"),
    ],
)
def test_http_address__path__names_what_is_called(below: bytes, called: Address, path: bytes) -> None:
    raw_path = b"/2016-08-15/proxy/" + below
    address = http_address(raw_path)
    assert address is not None
    assert (address.called, address.path) == (called, path)
    assert raw_path in (address.base + address.path, address.base)


@pytest.mark.parametrize(
    "raw_path",
    [
        b"/2016-08-15/proxy/",
        b"/2016-08-15/proxy/shop",
        b"/2016-08-15/proxy/shop/",
        b"/2016-08-15/proxy/shop//path",
        b"/2016-08-15/%70roxy/shop/web/",
        b"/2021-04-06/proxy/shop/web/",
        b"/2016-08-15/proxy/" + b"s" * 600 + b"/web/",
        b"",
    ],
)
def test_http_address__path_that_names_no_function__is_none(raw_path: bytes) -> None:
    assert http_address(raw_path) is None


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (b"1000000000000001.eu-central-1.fc.aliyuncs.com", "eu-central-1"),
        (b"1000000000000001.eu-central-1-internal.fc.aliyuncs.com:80", "eu-central-1"),
        (b"eu-central-1.fc.example.com", "eu-central-1"),
        (b"a.b.eu-central-1.example.com", None),
        (b"elsewhere-1.example.com", None),
        (b"127.0.0.1:9000", None),
        (b"[::1]:9000", None),
        (b"", None),
        (b"\xff.\xfe", None),
    ],
)
def test_region_of_host__label__is_one_of_ours(host: bytes, region: str | None) -> None:
    assert region_of_host(host, REGIONS) == region


def test_uuid7__many__are_valid_distinct_and_ordered_by_time() -> None:
    ids = [uuid7() for _ in range(10_000)]
    assert len(set(ids)) == len(ids)
    assert {(uuid.UUID(text).version, uuid.UUID(text).variant) for text in ids} == {(7, uuid.RFC_4122)}
    assert {len(text) for text in ids} == {36}
    milliseconds = [uuid.UUID(text).int >> 80 for text in ids]
    assert milliseconds == sorted(milliseconds)
