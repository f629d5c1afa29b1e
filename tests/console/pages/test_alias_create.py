from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.models import Alias, AuditEntry
from releases.queries import aliases as query
from tests import make

from .conftest import HTMX

REGION = make.REGION
CREATE = reverse("alias-create", args=[REGION, "shop"])
PAGE = reverse("alias", args=[REGION, "shop", "alias1"])
PLAIN = {"name": "alias1", "primary": "1"}
SPLIT = PLAIN | {"canary_enabled": "on", "canary": "2", "kind": "Random", "weight": "30"}


def test_alias_create__opened__offers_the_versions_with_their_descriptions(alice: Client) -> None:
    make.two_versions()
    text = alice.get(CREATE).content.decode()
    assert "Version 1: first" in text
    assert "Version 2: second" in text


def test_alias_create__no_version__teaches_to_publish_first(alice: Client) -> None:
    make.service()
    assert "Publish a version first" in alice.get(CREATE).content.decode()


def test_alias_create__primary_alone__sends_it_all_calls(alice: Client) -> None:
    make.two_versions()
    ignored = {"canary": "2", "weight": "junk"}  # the canary is off
    assert alice.post(CREATE, PLAIN | ignored)["Location"] == PAGE
    assert query.state(Alias.objects.get()).sentence == "All calls go to version 1."


def test_alias_create__with_canary__keeps_weight_description_and_reason(alice: Client) -> None:
    make.two_versions()
    given = SPLIT | {"weight": "0.25", "description": "for the shop", "reason": "first release"}
    response = alice.post(CREATE, given, headers=HTMX)
    assert response["HX-Redirect"] == PAGE
    state = query.state(Alias.objects.get())
    assert state.sentence == "99.75% of calls go to version 1, 0.25% to version 2."
    assert (state.revision.description, state.revision.reason) == ("for the shop", "first release")
    assert state.revision.created_by.username == "alice"
    assert AuditEntry.objects.filter(action="alias.create", object="shop/alias1").count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "1st"}, "name"),
        ({"name": "LATEST"}, "name"),
        ({"name": "a" * 129}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"primary": ""}, "primary"),
        ({"primary": "9"}, "primary"),
        ({"primary": "one"}, "primary"),
        ({"primary": "9" * 5000}, "primary"),
        ({"canary": ""}, "canary"),
        ({"canary": "1"}, "canary"),
        ({"canary": "7"}, "canary"),
        ({"weight": ""}, "weight"),
        ({"weight": "-1"}, "weight"),
        ({"weight": "100.01"}, "weight"),
        ({"weight": "0.001"}, "weight"),
        ({"weight": "NaN"}, "weight"),
        ({"weight": "1e1"}, "weight"),
        ({"weight": "thirty"}, "weight"),
        ({"weight": "3" * 5000}, "weight"),
        ({"kind": "Rules"}, "kind"),
        ({"description": "x" * 257}, "description"),
        ({"reason": "a\0b"}, "reason"),
    ],
)
def test_alias_create__bad_input__is_told_at_its_field(
    alice: Client, changes: dict[str, str], field: str
) -> None:
    make.two_versions()
    response = alice.post(CREATE, SPLIT | changes)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Alias.objects.exists()


def test_alias_create__bad_input_by_htmx__answers_the_panel_alone(alice: Client) -> None:
    make.two_versions()
    response = alice.post(CREATE, SPLIT | {"weight": "101"}, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert text.lstrip().startswith("<form")
    assert "The weight must be from 0% to 100%." in text
    assert 'value="101"' in text


def test_alias_create__name_taken__is_refused_and_keeps_the_input(alice: Client) -> None:
    shop = make.two_versions()
    make.alias(shop)
    response = alice.post(CREATE, SPLIT)
    assert response.status_code == 409
    assert "already exists" in response.content.decode()
    assert response.context["form"]["weight"].value() == "30"
    assert Alias.objects.count() == 1


def test_alias_create__anonymous__is_sent_to_log_in(anonymous: Client) -> None:
    assert anonymous.get(CREATE)["Location"].startswith(reverse("log-in"))


def test_alias_create__unknown_service__is_not_there(alice: Client) -> None:
    assert alice.get(CREATE).status_code == 404
