"""What passes between callers and HTTP functions, hostile ones included."""

from __future__ import annotations

import pytest

from console.gateway.border import MAX_COOKIES, Border, host_name

BORDER = Border(frozenset({b"serin_session", b"serin_csrf", b"messages"}), b"localhost")
GATEWAY = b"127.0.0.1:9000"


def set_by(*cookies: bytes, host: bytes = GATEWAY) -> list[bytes]:
    return [value for _, value in BORDER.outwards([(b"set-cookie", cookie) for cookie in cookies], host)]


@pytest.mark.parametrize(
    ("sent", "passed"),
    [
        (b"a=1", b"a=1"),
        (b"a=1; serin_session=s; b=2", b"a=1; b=2"),
        (b"serin_session=s", None),
        (b"serin_session=s; serin_csrf=c", None),
        (b"SERIN_SESSION=s; a=1", b"a=1"),
        (b" serin_session =s;a=1", b"a=1"),
        (b"\tserin_session\t=s;a=1", b"a=1"),
        (b"\xa0serin_session\x85=s;a=1", b"a=1"),
        (b"serin_session", None),
        (b"serin_session=s; serin_session=t; a=1", b"a=1"),
        (b"a=serin_session; serin_sessions=1", b"a=serin_session; serin_sessions=1"),
        (b'a="1; serin_session=s"', b'a="1'),
        (b"", None),
    ],
)
def test_inwards__cookies__come_without_the_consoles(sent: bytes, passed: bytes | None) -> None:
    expected = [] if passed is None else [(b"cookie", passed)]
    assert BORDER.inwards([(b"cookie", sent)], 0) == expected


def test_decided_on__cookies__come_without_the_consoles() -> None:
    seen = BORDER.decided_on({b"x-uid": b"1", b"cookie": b"a=1; SERIN_SESSION=s"})
    assert seen == {b"x-uid": b"1", b"cookie": b"a=1"}
    assert BORDER.decided_on({b"x-uid": b"1"}) == {b"x-uid": b"1"}


def test_inwards__headers_of_the_connection_and_reserved_ones__stay_outside() -> None:
    kept = [(b"x-user", b"alice"), (b"x-user", b"bob"), (b"accept-encoding", b"br"), (b"x-fcdummy", b"1")]
    dropped = [
        (name, b"x")
        for name in (
            b"connection",
            b"keep-alive",
            b"te",
            b"transfer-encoding",
            b"upgrade",
            b"expect",
            b"content-length",
            b"x-fc-request-id",
            b"x-serin-region",
        )
    ]
    assert BORDER.inwards([*dropped, *kept], 7) == [*kept, (b"content-length", b"7")]


@pytest.mark.parametrize(
    ("value", "passes"),
    [(b"FC id:signature", False), (b"Serin token", False), (b"Bearer FC x", True), (b"Basic YTpi", True)],
)
def test_inwards__authorization__passes_unless_it_is_ours(value: bytes, passes: bool) -> None:
    header = (b"authorization", value)
    assert BORDER.inwards([header], 0) == ([header] if passes else [])


@pytest.mark.parametrize(
    "cookie",
    [
        b"serin_session=evil",
        b"Serin_Session=evil; Path=/",
        b" serin_session=evil",
        b"serin_session =evil",
        b"\tserin_csrf\t=evil",
        b"serin_session\xa0=evil",
        b"messages=evil",
        b"=serin_session=evil",
        b"serin_session",
        b"serin_session; a=b",
        b"=evil",
        b"evil",
        b"",
        b";",
        b"a b=evil",
        b"a\xe9=evil",
    ],
)
def test_outwards__cookie_that_is_or_looks_like_the_consoles__is_dropped(cookie: bytes) -> None:
    assert set_by(cookie) == []


@pytest.mark.parametrize(
    ("cookie", "passed"),
    [
        (b"a=1; Path=/; HttpOnly", b"a=1; Path=/; HttpOnly"),
        (b"a=1; Domain=example.com; Path=/", b"a=1; Path=/"),
        (b"a=1;DOMAIN = .localhost ;domain;Secure", b"a=1;Secure"),
        (b"a=1; serin_session=evil", b"a=1; serin_session=evil"),
        (b"a=1, serin_session=evil", b"a=1, serin_session=evil"),
    ],
)
def test_outwards__cookie_of_the_functions_own__stays_with_its_host(cookie: bytes, passed: bytes) -> None:
    assert set_by(cookie) == [passed]


def test_outwards__many_cookies__are_capped_after_the_dropped_ones() -> None:
    many = [b"serin_session=evil", *(b"c%d=1" % number for number in range(200))]
    assert set_by(*many) == [b"c%d=1" % number for number in range(MAX_COOKIES)]


@pytest.mark.parametrize("host", [b"localhost", b"localhost:9000", b"LOCALHOST:9000", b"localhost.:9000"])
def test_outwards__under_the_consoles_host_name__no_cookie_is_set(host: bytes) -> None:
    assert set_by(b"a=1", host=host) == []
    assert set_by(b"a=1") == [b"a=1"]


def test_outwards__what_is_ours_to_say__is_dropped() -> None:
    names = (
        b"x-fc-invocation-service-version",
        b"x-serin-alias-revision",
        b"clear-site-data",
        b"strict-transport-security",
        b"content-disposition",
        b"content-length",
        b"transfer-encoding",
        b"connection",
        b"date",
        b"server",
        b"set-cookie2",
    )
    kept = [(b"content-security-policy", b"default-src *"), (b"x-a", b"1"), (b"x-a", b"2")]
    assert BORDER.outwards([*((name, b"x") for name in names), *kept], GATEWAY) == kept


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (b"localhost", b"localhost"),
        (b"Localhost.:80", b"localhost"),
        (b"localhost:", b"localhost"),
        (b"[::1]:9000", b"[::1]"),
        (b"[::1]", b"[::1]"),
        (b"", b""),
    ],
)
def test_host_name__of_a_host_header__has_no_port(host: bytes, name: bytes) -> None:
    assert host_name(host) == name
