from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from invocations.models import Invocation
from releases.core import buckets
from releases.models import Alias
from tests import make

from .conftest import HTMX
from .panel import BY_RULE, SPLIT, UID, rule

NEW = reverse("alias-tester", args=[make.REGION, "shop"])
OLD = reverse("alias-tester", args=[make.REGION, "shop", "alias1"])
EDIT = reverse("alias-edit", args=[make.REGION, "shop", "alias1"])
CREATE = reverse("alias-create", args=[make.REGION, "shop"])
STICKY = SPLIT | {"spread": "Sticky", "sticky_type": "Header", "sticky_key": "X-Uid"}


def outcome(alice: Client, sent: dict[str, str], address: str = NEW) -> str:
    response = alice.post(address, sent, headers=HTMX)
    assert response.status_code == 200
    return str(response.context["trace"].outcome)


def test_alias_tester__rules__tells_each_condition_with_its_value(alice: Client) -> None:
    make.two_versions()
    draft = BY_RULE | UID | rule(1, "Query", "debug", "in", "1, 2") | rule(2, "Cookie", "group", "=", "beta")
    sent = {"test-headers": "X-UID: 42\r\nx-other: y", "test-query": "a=1&debug=2\r\nb=3"}
    response = alice.post(NEW, draft | sent, headers=HTMX)
    text = response.content.decode()
    steps = response.context["trace"].steps
    assert [(step.truth, step.value) for step in steps] == [("true", "42"), ("true", "2"), ("missing", None)]
    assert "To the primary, version 1: not all rules are met." in text
    met = sent | {"test-cookies": "group=beta"}
    assert outcome(alice, draft | met) == "To the canary, version 2: all rules are met."
    assert not Invocation.objects.exists()


def test_alias_tester__event_call__goes_to_the_primary(alice: Client) -> None:
    make.two_versions()
    sent = BY_RULE | UID | {"test-call": "event", "test-headers": "x-uid: 42"}
    assert "an event call goes to the primary version, 1." in outcome(alice, sent)


def test_alias_tester__sticky_key__uses_the_salt_of_the_alias(alice: Client) -> None:
    make.alias(make.two_versions())
    sent = STICKY | {"test-headers": "x-uid: user-1"}
    response = alice.post(OLD, sent, headers=HTMX)
    bucket = buckets.bucket(Alias.objects.get().salt, "user-1")
    assert response.context["trace"].steps[0].detail == f"bucket {bucket:,} of 10,000"
    assert "a salt of its own" not in response.content.decode()


def test_alias_tester__sticky_key_of_a_new_alias__says_that_it_will_be_drawn_anew(alice: Client) -> None:
    make.two_versions()
    response = alice.post(NEW, STICKY | {"test-headers": "x-uid: user-1"}, headers=HTMX)
    assert "a salt of its own" in response.content.decode()
    assert "a salt of its own" not in alice.post(NEW, SPLIT, headers=HTMX).content.decode()


def test_alias_tester__repeated_header__is_joined_as_the_gateway_joins_it(alice: Client) -> None:
    make.two_versions()
    sent = BY_RULE | rule(0, "Header", "x-uid", "=", "4, 2") | {"test-headers": "x-uid: 4\nX-Uid: 2"}
    assert "To the canary" in outcome(alice, sent)


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"test-headers": "a: 1\nnothing"}, "Line 2 has no “:”."),
        ({"test-headers": "x uid: 1"}, "holds only letters"),
        ({"test-headers": "cookie: a=1"}, "Cookies have a field of their own."),
        ({"test-headers": "a: b\x07"}, "Line 1 holds a control character."),
        ({"test-headers": "a: b\0"}, "Null characters"),
        ({"test-headers": "a: b\n" * 101}, "too many lines: 101 of at most 100"),
        ({"test-headers": "a" * 16_385}, "at most 16384 characters"),
        ({"test-cookies": "a"}, "Line 1 has no “=”."),
        ({"test-cookies": "a=1;b=2"}, "cannot hold a semicolon"),
        ({"test-cookies": "serin_session=x"}, "the gateway keeps it from functions"),
        ({"test-query": "a=\x07"}, "Line 1 holds a control character."),
        ({"test-call": "post"}, "post is not one of the available choices"),
    ],
)
def test_alias_tester__bad_request__is_told_at_its_field(
    alice: Client, bad: dict[str, str], told: str
) -> None:
    make.two_versions()
    response = alice.post(NEW, SPLIT | bad, headers=HTMX)
    assert response.status_code == 422
    assert told in response.content.decode()
    assert response.context["trace"] is None


@pytest.mark.parametrize("query", ["%", "%zz=%ff", "=", "&&&", "ü=ö", "a=1&" * 4000])
def test_alias_tester__odd_query__is_decided(alice: Client, query: str) -> None:
    make.two_versions()
    sent = BY_RULE | rule(0, "Query", "a", "=", "1") | {"test-query": query}
    assert "version" in outcome(alice, sent)


def test_alias_tester__incomplete_draft__says_so(alice: Client) -> None:
    make.two_versions()
    response = alice.post(NEW, BY_RULE | rule(0, "Header", "", "=", "1"), headers=HTMX)
    assert response.status_code == 200
    assert "The panel is not complete yet" in response.content.decode()


@pytest.mark.parametrize("page", [EDIT, CREATE])
def test_alias_tester__without_javascript__answers_within_the_panel(alice: Client, page: str) -> None:
    make.alias(make.two_versions())
    sent = (
        BY_RULE | UID | {"name": "x", "test_request": "1", "test-headers": "x-uid: 42", "base_revision": "1"}
    )
    response = alice.post(page, sent)
    text = response.content.decode()
    assert response.status_code == 200
    assert "To the canary, version 2: all rules are met." in text
    assert "x-uid: 42" in text
    assert response.context["form"].rules[0]["value"].value() == "42"
    assert Alias.objects.count() == 1


def test_alias_tester__panel_refused__keeps_the_request(alice: Client) -> None:
    make.two_versions()
    response = alice.post(CREATE, SPLIT | {"name": "1st", "test-headers": "x-uid: 42"})
    assert response.status_code == 422
    assert "x-uid: 42" in response.content.decode()


@pytest.mark.parametrize("address", [NEW, OLD])
def test_alias_tester__get_anonymous_and_unknown__are_turned_away(
    alice: Client, anonymous: Client, address: str
) -> None:
    assert alice.get(address).status_code == 405
    assert anonymous.post(address, SPLIT)["Location"].startswith(reverse("log-in"))
    assert alice.post(address, SPLIT).status_code == 404
