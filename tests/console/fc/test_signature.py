"""The FC signature, against the unmodified client's own signer where there is one."""

from __future__ import annotations

import pytest
from fc2.auth import Auth

from console.fc.signature import (
    BadAuthorization,
    BadDate,
    date_of,
    parse_authorization,
    parse_date,
    sign,
    signed_query,
    verify,
)

PATH = "/2016-08-15/services/shop.alias1/functions/checkout/invocations"
DATE = "Mon, 02 Jan 2006 15:04:05 GMT"
SECRET = b"secret"


def signed_by_the_client(headers: dict[str, str], path: str = PATH) -> bytes:
    authorization = Auth("id", SECRET.decode()).sign_request("POST", path, headers)
    return parse_authorization(authorization.encode())[1]


def in_bytes(headers: dict[str, str]) -> dict[bytes, bytes]:
    return {name.lower().encode(): value.encode() for name, value in headers.items()}


@pytest.mark.parametrize(
    "headers",
    [
        {"date": DATE},
        {"date": DATE, "content-type": "application/json", "content-md5": "bWQ1"},
        {"date": DATE, "x-fc-log-type": "Tail", "x-fc-account-id": "1", "x-fcdummy": "no", "if-match": "e"},
    ],
)
def test_sign__request_of_the_python_client__agrees(headers: dict[str, str]) -> None:
    assert sign(SECRET, b"POST", PATH.encode(), in_bytes(headers)) == signed_by_the_client(headers)


def test_sign__date_replaced_by_x_fc_date__signs_it_in_both_places() -> None:
    replaced = sign(SECRET, b"POST", b"/", {b"x-fc-date": DATE.encode()})
    assert replaced == sign(SECRET, b"POST", b"/", {b"date": DATE.encode(), b"x-fc-date": DATE.encode()})
    assert replaced != sign(SECRET, b"POST", b"/", {b"date": DATE.encode()})


@pytest.mark.parametrize("signed_path", ["/a b/c", "/a%20b/c"])
def test_verify__path_signed_decoded_or_raw__accepts_both(signed_path: str) -> None:
    headers = {"date": DATE}
    assert verify(
        signed_by_the_client(headers, signed_path),
        secret=SECRET,
        method=b"POST",
        path="/a b/c",
        raw_path=b"/a%20b/c",
        headers=in_bytes(headers),
    )


@pytest.mark.parametrize(
    ("query", "signed"),
    [
        (b"", b"\n"),
        (b"b=2&a=1&a=0", b"\na=0\na=1\nb=2"),
        (b"q=a+b&r=a%20b&s=%2B", b"\nq=a b\nr=a b\ns=+"),
        (b"bare&empty=&&x", b"\nbare\nempty=\nx"),
        (b"%C3%A9=%ff&%zz=%", b"\n%zz=%\n\xc3\xa9=\xff"),
    ],
)
def test_signed_query__items__are_decoded_and_sorted(query: bytes, signed: bytes) -> None:
    assert signed_query(query) == signed


@pytest.mark.parametrize("signed_path", ["/a b/", "/a%20b/"])
@pytest.mark.parametrize(
    ("query", "queries"), [(b"", {}), (b"k=v+1&k=%C3%A9&a=", {"a": "", "k": ["v 1", "é"]})]
)
def test_verify__http_call_of_the_python_client__agrees(
    signed_path: str, query: bytes, queries: dict[str, object]
) -> None:
    headers = {"date": DATE}
    signature = Auth("id", SECRET.decode()).sign_request("POST", signed_path, headers, queries)
    given = parse_authorization(signature.encode())[1]
    request = {
        "secret": SECRET,
        "method": b"POST",
        "path": "/a b/",
        "raw_path": b"/a%20b/",
        "headers": in_bytes(headers),
    }
    assert verify(given, **request, query=signed_query(query))
    assert not verify(given, **request, query=signed_query(query + b"&z=1"))
    assert not verify(given, **request)


@pytest.mark.parametrize(
    "changed",
    [
        {"secret": b"other"},
        {"method": b"PUT"},
        {"path": "/other", "raw_path": b"/other"},
        {"headers": {b"date": b"Mon, 02 Jan 2006 15:04:06 GMT"}},
        {"headers": {b"date": DATE.encode(), b"x-fc-invocation-type": b"Async"}},
    ],
)
def test_verify__anything_signed_has_changed__refuses(changed: dict[str, object]) -> None:
    headers = {"date": DATE}
    request = {
        "secret": SECRET,
        "method": b"POST",
        "path": PATH,
        "raw_path": PATH.encode(),
        "headers": in_bytes(headers),
    }
    signature = signed_by_the_client(headers)
    assert verify(signature, **request)
    assert not verify(signature, **(request | changed))


@pytest.mark.parametrize("value", [b"", b"FC", b"FC id", b"FC :sig", b"FC id:"])
def test_parse_authorization__part_missing__raises(value: bytes) -> None:
    with pytest.raises(BadAuthorization):
        parse_authorization(value)


def test_date_of__both_dates__prefers_x_fc_date() -> None:
    assert date_of({b"date": b"a", b"x-fc-date": b"b"}) == b"b"
    assert date_of({b"date": b"a"}) == b"a"
    assert date_of({}) is None


def test_parse_date__rfc_1123__gives_seconds() -> None:
    assert parse_date(DATE.encode()) == 1136214245


@pytest.mark.parametrize("value", [b"", b"yesterday", b"Mon, 99 Jan 2006 15:04:05 GMT", b"\xff\xfe"])
def test_parse_date__no_date__raises(value: bytes) -> None:
    with pytest.raises(BadDate):
        parse_date(value)
