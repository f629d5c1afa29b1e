from __future__ import annotations

from ipaddress import ip_network

import pytest

from console import env


def database(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, object]:
    monkeypatch.setenv("DATABASE_URL", url)
    return env.database("DATABASE_URL", "")


def test_database__url_of_a_server__is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    found = database(monkeypatch, "postgresql://al%40ice:p%2Fw@db.example:6432/serin%20one")
    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "serin one",
        "USER": "al@ice",
        "PASSWORD": "p/w",
        "HOST": "db.example",
        "PORT": "6432",
        "OPTIONS": {},
    }


def test_database__url_of_a_socket_with_parameters__keeps_them_for_libpq(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = database(
        monkeypatch, "postgres:///serin?host=%2Frun%2Fpg&sslmode=verify-full&sslrootcert=%2Fca.pem"
    )
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("/run/pg", "", "serin")
    assert found["OPTIONS"] == {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}


@pytest.mark.parametrize(
    "url",
    [
        "mysql://alice:secret@db/serin",
        "postgresql://alice:secret@db",
        "postgresql://alice:secret@db:x/serin",
        "postgresql://alice:secret@[db/serin",
    ],
)
def test_database__url_that_cannot_be_used__is_one_line_without_the_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with pytest.raises(env.BadEnvironment, match="DATABASE_URL must be of the form") as refusal:
        database(monkeypatch, url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("value", ["x", "-1", "70000", "1_000", "٣"])
def test_port__no_port_number__is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SERIN_CONSOLE_PORT", value)
    with pytest.raises(env.BadEnvironment, match="SERIN_CONSOLE_PORT must be a whole number from 1 to 65535"):
        env.port("SERIN_CONSOLE_PORT", 8000)


@pytest.mark.parametrize(("value", "read"), [("1", True), ("No", False), ("", False)])
def test_flag__known_word__is_read(monkeypatch: pytest.MonkeyPatch, value: str, read: bool) -> None:
    monkeypatch.setenv("SERIN_DEBUG", value)
    assert env.flag("SERIN_DEBUG") is read
    monkeypatch.setenv("SERIN_DEBUG", "maybe")
    with pytest.raises(env.BadEnvironment, match="SERIN_DEBUG"):
        env.flag("SERIN_DEBUG")


READERS = {
    "url": lambda name: env.origin(name, "http://localhost:8000"),
    "zone": lambda name: env.time_zone(name, "UTC"),
    "names": lambda name: env.names(name, ["cn-hangzhou"]),
    "level": lambda name: env.choice(name, "INFO", {"INFO", "DEBUG"}),
}


@pytest.mark.parametrize(
    ("reader", "value", "found"),
    [
        ("url", "", "http://localhost:8000"),
        ("url", "https://serin.example/", "https://serin.example"),
        ("url", "http://[::1]:8000", "http://[::1]:8000"),
        ("zone", "Asia/Shanghai", "Asia/Shanghai"),
        ("names", "a, b,", ["a", "b"]),
        ("level", "DEBUG", "DEBUG"),
    ],
)
def test_reader__sound_value__is_taken(
    monkeypatch: pytest.MonkeyPatch, reader: str, value: str, found: object
) -> None:
    monkeypatch.setenv("SERIN_X", value)
    assert READERS[reader]("SERIN_X") == found


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        ("url", "serin.example"),
        ("url", "ftp://serin.example"),
        ("url", "http://serin.example/console"),
        ("url", "http://serin.example:port"),
        ("url", "http://[::1"),
        ("zone", "Mars/Base"),
        ("zone", "../etc/passwd"),
        ("names", ","),
        ("names", "a b"),
        ("names", "../x"),
        ("level", "loud"),
    ],
)
def test_reader__bad_value__is_refused_by_the_name_of_the_variable(
    monkeypatch: pytest.MonkeyPatch, reader: str, value: str
) -> None:
    monkeypatch.setenv("SERIN_X", value)
    with pytest.raises(env.BadEnvironment, match=r"^SERIN_X must be "):
        READERS[reader]("SERIN_X")


@pytest.mark.parametrize(
    ("url", "port", "starttls", "tls"),
    [
        ("smtp://mail.example", 25, False, False),
        ("smtp+starttls://al%40ice:p%2Fw@mail.example", 587, True, False),
        ("smtps://mail.example:2465", 2465, False, True),
    ],
)
def test_mail_server__url__is_taken_apart(
    monkeypatch: pytest.MonkeyPatch, url: str, port: int, starttls: bool, tls: bool
) -> None:
    monkeypatch.setenv("SERIN_SMTP_URL", url)
    found = env.mail_server("SERIN_SMTP_URL")
    assert (found["EMAIL_HOST"], found["EMAIL_PORT"]) == ("mail.example", port)
    assert (found["EMAIL_USE_TLS"], found["EMAIL_USE_SSL"]) == (starttls, tls)
    if starttls:
        assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"]) == ("al@ice", "p/w")


def test_mail_server__unset__is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERIN_SMTP_URL", raising=False)
    assert env.mail_server("SERIN_SMTP_URL") == {"EMAIL_HOST": ""}


@pytest.mark.parametrize(
    "url", ["mail.example", "http://a:secret@b", "smtp://", "smtp://a:secret@b:x", "smtp://a:secret@b/c"]
)
def test_mail_server__cannot_be_used__is_one_line_without_the_password(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("SERIN_SMTP_URL", url)
    with pytest.raises(env.BadEnvironment, match="SERIN_SMTP_URL must be of the form") as refusal:
        env.mail_server("SERIN_SMTP_URL")
    assert "secret" not in str(refusal.value)


def test_allowed_targets__hosts_and_networks__are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERIN_WEBHOOK_ALLOW", "hooks.inside, 10.1.0.0/16,::1")
    found = env.allowed_targets("SERIN_WEBHOOK_ALLOW")
    assert (found.hosts, [str(network) for network in found.networks]) == (
        frozenset({"hooks.inside"}),
        ["10.1.0.0/16", "::1/128"],
    )
    monkeypatch.setenv("SERIN_WEBHOOK_ALLOW", "10.1.0.1/16")
    with pytest.raises(env.BadEnvironment, match=r"SERIN_WEBHOOK_ALLOW: '10\.1\.0\.1/16' is neither"):
        env.allowed_targets("SERIN_WEBHOOK_ALLOW")


@pytest.mark.parametrize("value", ["serin", "@example.com", "serin@", "Serin <serin>", "a@b.example\r\nX: y"])
def test_sender__no_address__is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    assert env.sender("SERIN_MAIL_FROM", "Serin <serin@localhost>") == "Serin <serin@localhost>"
    monkeypatch.setenv("SERIN_MAIL_FROM", value)
    with pytest.raises(env.BadEnvironment, match="SERIN_MAIL_FROM must be of the form"):
        env.sender("SERIN_MAIL_FROM", "")


def test_networks__addresses_and_networks__are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.networks("SERIN_TEST_NETWORKS") == ()
    monkeypatch.setenv("SERIN_TEST_NETWORKS", "10.0.0.0/8, ::1,")
    assert env.networks("SERIN_TEST_NETWORKS") == (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize("value", ["localhost", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/8;::1"])
def test_networks__no_network__is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SERIN_TEST_NETWORKS", value)
    with pytest.raises(env.BadEnvironment, match=r"^SERIN_TEST_NETWORKS must be networks"):
        env.networks("SERIN_TEST_NETWORKS")
