from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.parameters import Parameter, Source
from releases.models import Alias
from releases.operations import aliases
from releases.operations.recording import record_attributes
from tests import make
from tests.releases.core.strategies import call

from . import counted
from .conftest import HTMX

KEY = [make.REGION, "shop", "alias1"]
PAGE, SECTION, FORM = (reverse(name, args=KEY) for name in ("alias", "alias-recording", "alias-record"))
UID = Parameter(Source.HEADER, "x-uid")


@pytest.fixture
def alias1(db: None) -> Alias:
    return make.alias(make.two_versions(), canary=2, weight_bp=3000)


def test_alias__nothing_recorded__says_that_it_is_off(alice: Client, alias1: Alias) -> None:
    text = alice.get(PAGE).content.decode()
    assert 'id="alias-recording"' in text
    assert "Off. No header, cookie or query parameter" in text
    assert "No calls are recorded at the moment." in text
    assert FORM in text


def test_alias__recorded__names_parameters_and_counts_calls(alice: Client, alias1: Alias) -> None:
    alias = record_attributes(make.act(), alias1, [UID])
    revision = Alias.objects.get().revision
    revision.alias = alias
    counted.labelled(revision, [call()] * 3)
    text = alice.get(SECTION).content.decode()
    assert '<li class="code">header x-uid</li>' in text
    assert "3 calls recorded at the moment." in text


def test_alias_record__names__are_saved_and_told(alice: Client, alias1: Alias) -> None:
    assert "x-uid, accept-language" in alice.get(FORM).content.decode()
    response = alice.post(FORM, {"headers": "X-Uid, accept-language", "query": "debug"}, follow=True)
    assert (
        "Recorded from now on: header x-uid, header accept-language, query debug."
        in response.content.decode()
    )
    assert Alias.objects.get().recorded == [
        ["Header", "x-uid"],
        ["Header", "accept-language"],
        ["Param", "debug"],
    ]
    text = alice.get(FORM).content.decode()
    assert 'value="x-uid, accept-language"' in text
    assert 'value="debug"' in text


def test_alias_record__both_empty__switches_it_off(alice: Client, alias1: Alias) -> None:
    record_attributes(make.act(), alias1, [UID])
    assert alice.post(FORM, {"headers": "", "query": " "}, headers=HTMX)["HX-Redirect"] == PAGE
    assert Alias.objects.get().recorded == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"headers": "x-uid, Cookie"}, "Cookie: The header cookie is never recorded"),
        ({"headers": "authorization"}, "never recorded"),
        ({"headers": "x-fc-date"}, "never recorded"),
        ({"query": "x-fc-security-token"}, "never recorded"),
        ({"headers": "x uid:"}, "uid:: A header name holds only letters"),
        ({"headers": "x" * 200}, "too long"),
        ({"headers": "x" * 3000}, "at most 2000 characters"),
        ({"headers": "a b c d e", "query": "f g h i"}, "At most 8 parameters can be recorded (these are 9)."),
        ({"query": "a\0"}, "Null characters are not allowed"),
        ({"query": "a\x07"}, "control character"),
    ],
)
def test_alias_record__bad_names__are_422_with_the_form(
    alice: Client, alias1: Alias, data: dict[str, str], told: str
) -> None:
    for headers in ({}, HTMX):
        response = alice.post(FORM, data, headers=headers)
        assert response.status_code == 422
        assert told in response.content.decode()
        assert 'id="alias-record-form"' in response.content.decode()
    assert Alias.objects.get().recorded == []


def test_alias_record__the_same_again__is_refused(alice: Client, alias1: Alias) -> None:
    response = alice.post(FORM, {})
    assert response.status_code == 409
    assert "already records just that" in response.content.decode()


@pytest.mark.parametrize("address", [SECTION, FORM])
def test_alias_recording__anonymous_and_unknown__are_turned_away(
    alice: Client, anonymous: Client, alias1: Alias, address: str
) -> None:
    assert anonymous.get(address)["Location"].startswith(reverse("log-in"))
    assert alice.get(address.replace("alias1", "alias2")).status_code == 404
    assert alice.post(SECTION).status_code == 405
    aliases.delete_alias(make.act(), alias1)
    assert alice.get(address).status_code == 404
    assert alice.post(FORM, {"headers": "x-uid"}).status_code == 404
