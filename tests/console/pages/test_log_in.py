"""Logging in, being asked again, the password, and sessions."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from console import throttle
from console.sessions import browser as browser_named
from releases.core.rights import Role
from releases.models import AuditEntry, User
from releases.operations import people
from tests import make

from .conftest import HTMX, browser, logged_in

LOG_IN = reverse("log-in")
AGAIN = reverse("account_reauthenticate")
SESSIONS = reverse("sessions")


def sent(name: str = "alice", password: str = "alice-Passw0rd", **more: str) -> dict[str, str]:
    return {"login": name, "password": password, **more}


@pytest.fixture
def name() -> str:
    """A user name whose failures nobody else counts."""
    return f"u-{uuid.uuid4().hex[:12]}"


def test_log_in__right_password__leads_home_with_a_strict_cookie(anonymous: Client) -> None:
    make.user()
    response = anonymous.post(LOG_IN, sent())
    assert response["Location"] == reverse("home")
    cookie = response.cookies[configured.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]


def test_log_in__next__leads_there_but_never_off_the_console(anonymous: Client) -> None:
    make.user()
    assert anonymous.post(LOG_IN, sent(next="/teams/"))["Location"] == "/teams/"
    elsewhere = browser().post(LOG_IN, sent(next="https://evil.example/"))
    assert elsewhere["Location"] == reverse("home")


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_log_in__wrong__says_the_same_whether_or_not_there_is_an_account(
    anonymous: Client, name: str
) -> None:
    make.user()
    page = anonymous.post(LOG_IN, sent(name, "wrong")).content.decode()
    assert "The username or the password is not right" in page
    assert "Sign up" not in page


@pytest.mark.parametrize("data", [{}, {"login": "a\0b", "password": "x"}, sent("x" * 500)])
def test_log_in__bad_form__is_the_form_again(anonymous: Client, db: None, data: dict[str, str]) -> None:
    response = anonymous.post(LOG_IN, data)
    assert response.status_code == 200
    assert response.context["form"].errors


def test_log_in__closed_account__is_like_a_wrong_password(anonymous: Client) -> None:
    make.user()
    User.objects.update(is_active=False)
    assert "is not right" in anonymous.post(LOG_IN, sent()).content.decode()


def test_log_in__service_account__is_refused_even_with_a_password(anonymous: Client) -> None:
    ci = people.create_program(make.act(), make.team(), name="ci", roles=[Role.VIEWER])
    ci.set_password("ci-Passw0rd")
    ci.save()
    assert "is not right" in anonymous.post(LOG_IN, sent("ci", "ci-Passw0rd")).content.decode()
    anonymous.force_login(ci)
    assert anonymous.get(SESSIONS).status_code == 302


def test_log_in__ten_failures__makes_that_name_wait(anonymous: Client, name: str) -> None:
    User.objects.create_user(name, password="right-Passw0rd")
    make.user()
    for _ in range(throttle.FAILURES):
        assert "is not right" in anonymous.post(LOG_IN, sent(name, "wrong")).content.decode()
    page = anonymous.post(LOG_IN, sent(name, "right-Passw0rd")).content.decode()
    assert "Too many attempts failed. Wait 5 minutes" in page
    assert anonymous.post(LOG_IN, sent()).status_code == 302


def test_log_in__valkey_away__is_not_throttled(
    anonymous: Client, name: str, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    User.objects.create_user(name, password="right-Passw0rd")
    assert anonymous.post(LOG_IN, sent(name, "wrong")).status_code == 200
    assert anonymous.post(LOG_IN, sent(name, "right-Passw0rd")).status_code == 302
    assert "Valkey is away" in caplog.text


def test_again__wrong_password__counts_as_a_failed_log_in(name: str, db: None) -> None:
    user = User.objects.create_user(name, password=f"{name}-Passw0rd")
    client = logged_in(user)
    for _ in range(throttle.FAILURES):
        assert "not your password" in client.post(AGAIN, {"password": "wrong"}).content.decode()
    page = client.post(AGAIN, {"password": f"{name}-Passw0rd"}).content.decode()
    assert "Too many attempts failed" in page


def test_again__right_password__lets_the_form_go_on(alice: Client) -> None:
    """What was typed is not lost, and nothing was done before."""
    create = reverse("access-key-create")
    asked = alice.post(create, {"name": "laptop", "days": "30"})
    assert asked["Location"].startswith(AGAIN)
    assert not make.user().access_keys.exists()
    after = alice.post(asked["Location"], {"password": "alice-Passw0rd", "next": create})
    assert after.status_code == 200
    assert make.user().access_keys.get().name == "laptop"
    assert alice.post(create, {"name": "second", "days": "30"}).status_code == 200


def test_again__opened_by_hand__leads_home(alice: Client) -> None:
    assert alice.get(AGAIN).status_code == 200
    assert alice.post(AGAIN, {"password": "alice-Passw0rd"})["Location"] == reverse("home")


def test_again__htmx__is_led_there(alice: Client) -> None:
    response = alice.post(reverse("access-key-create"), {"name": "a", "days": "30"}, headers=HTMX)
    assert response["HX-Redirect"].startswith(AGAIN)


def test_again__password_too_old__is_asked(alice: Client, settings: Settings) -> None:
    client = logged_in(make.user())
    url = reverse("team-member-add", args=[make.team().pk])
    assert client.get(url).status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert client.get(url)["Location"].startswith(AGAIN)


def test_password_change__right__ends_the_other_sessions(db: None) -> None:
    here, there = logged_in(make.user()), logged_in(make.user())
    new = {"oldpassword": "alice-Passw0rd", "password1": "An0ther-secret", "password2": "An0ther-secret"}
    assert here.post(reverse("password-change"), new)["Location"] == SESSIONS
    assert here.get(SESSIONS).status_code == 200
    assert there.get(SESSIONS).status_code == 302
    assert make.user().check_password("An0ther-secret")
    assert AuditEntry.objects.filter(action="account.password").count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"oldpassword": "wrong"}, "oldpassword"),
        ({"password1": "12345678", "password2": "12345678"}, "password1"),
        ({"password1": "alice", "password2": "alice"}, "password1"),
        ({"password2": "different-1"}, "password2"),
    ],
)
def test_password_change__bad__is_an_error_at_the_field(
    alice: Client, change: dict[str, str], field: str
) -> None:
    new = {"oldpassword": "alice-Passw0rd", "password1": "An0ther-secret", "password2": "An0ther-secret"}
    response = alice.post(reverse("password-change"), new | change)
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert make.user().check_password("alice-Passw0rd")


def test_sessions__two__are_listed_this_one_first(db: None, django_assert_num_queries) -> None:
    other = Client(headers={"host": urlsplit(configured.CONSOLE_URL).netloc, "user-agent": "Firefox Linux"})
    other.post(LOG_IN, {"login": make.user().username, "password": "alice-Passw0rd"})
    here = logged_in(make.user())
    first, second = here.get(SESSIONS).context["sessions"]
    assert (first.current, second.current) == (True, False)
    assert (second.browser, second.ip) == ("Firefox on Linux", "127.0.0.1")


def test_session_end__other__is_logged_out_at_once(db: None) -> None:
    here, there = logged_in(make.user()), logged_in(make.user())
    other = here.get(SESSIONS).context["sessions"][1].number
    assert here.post(reverse("session-end", args=[other]))["Location"] == SESSIONS
    assert there.get(SESSIONS).status_code == 302
    assert here.post(reverse("session-end", args=[other])).status_code == 404
    assert AuditEntry.objects.filter(action="session.end").count() == 1


def test_session_end__of_somebody_else__is_not_found(db: None) -> None:
    alice, bob = logged_in(make.user()), logged_in(make.user("bob"))
    number = bob.get(SESSIONS).context["sessions"][0].number
    assert alice.post(reverse("session-end", args=[number])).status_code == 404
    assert bob.get(SESSIONS).status_code == 200


def test_sessions_end_others__three__leave_this_one(db: None) -> None:
    here, *others = (logged_in(make.user()) for _ in range(3))
    bob = logged_in(make.user("bob"))
    here.post(reverse("sessions-end-others"))
    assert len(here.get(SESSIONS).context["sessions"]) == 1
    assert {other.get(SESSIONS).status_code for other in others} == {302}
    assert bob.get(SESSIONS).status_code == 200


def test_sessions__many__take_no_more_queries(db: None, django_assert_max_num_queries) -> None:
    here = logged_in(make.user())
    for _ in range(8):
        logged_in(make.user())
    with django_assert_max_num_queries(12):
        here.get(SESSIONS)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537 (KHTML) Chrome/130 Safari/537", "Chrome on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14) AppleWebKit/6 Version/17 Safari/6", "Safari on macOS"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130", "Edge on Windows"),
        ("curl/8.5.0", "curl"),
        ("<script>", "Another program"),
        ("", "Another program"),
    ],
)
def test_browser__user_agent__is_told_in_words(user_agent: str, words: str) -> None:
    assert browser_named(user_agent) == words
