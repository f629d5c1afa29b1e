from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.policies import Canary, Policy
from releases.models import Alias, AliasRevision, Version
from releases.operations import aliases
from releases.operations.aliases import Setting
from releases.queries import aliases as query
from tests import make

from .conftest import HTMX

REGION = make.REGION
EDIT = reverse("alias-edit", args=[REGION, "shop", "alias1"])
PAGE = reverse("alias", args=[REGION, "shop", "alias1"])
WANTED = {"primary": "1", "canary_enabled": "on", "canary": "2", "weight": "30", "base_revision": "1"}


@pytest.fixture
def alias1(db: None) -> Alias:
    return make.alias(make.two_versions(), canary=2, weight_bp=1050)


def test_alias_edit__opened__shows_the_policy_and_its_revision(alice: Client, alias1: Alias) -> None:
    form = alice.get(EDIT).context["form"]
    shown = {name: form[name].value() for name in ("primary", "canary_enabled", "canary", "weight")}
    assert shown == {"primary": 1, "canary_enabled": True, "canary": 2, "weight": "10.5"}
    assert form["base_revision"].value() == 1


def test_alias_edit__saved__makes_a_revision(alice: Client, alias1: Alias) -> None:
    assert alice.post(EDIT, WANTED | {"reason": "looks good"})["Location"] == PAGE
    state = query.state(Alias.objects.get())
    assert state.sentence == "70% of calls go to version 1, 30% to version 2."
    assert (state.revision.number, state.revision.reason) == (2, "looks good")
    assert state.revision.created_by.username == "alice"


def test_alias_edit__canary_switched_off__clears_it(alice: Client, alias1: Alias) -> None:
    alice.post(EDIT, {"primary": "2", "base_revision": "1"})
    assert query.state(Alias.objects.get()).policy == Policy(2)


def test_alias_edit__bad_weight__is_told_at_its_field(alice: Client, alias1: Alias) -> None:
    response = alice.post(EDIT, WANTED | {"weight": "130"}, headers=HTMX)
    assert response.status_code == 422
    assert "The weight must be from 0% to 100%." in response.content.decode()
    assert AliasRevision.objects.count() == 1


@pytest.mark.parametrize("base", ["", "x", "-1", "1_0", "9" * 5000])
def test_alias_edit__without_its_revision__asks_to_open_it_again(
    alice: Client, alias1: Alias, base: str
) -> None:
    response = alice.post(EDIT, WANTED | {"base_revision": base})
    assert response.status_code == 422
    assert "open it again" in response.content.decode()


def test_alias_edit__nothing_changed__is_refused(alice: Client, alias1: Alias) -> None:
    response = alice.post(EDIT, WANTED | {"weight": "10.5"})
    assert response.status_code == 409
    assert AliasRevision.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_alias_edit__changed_meanwhile__tells_what_and_keeps_the_input(
    alice: Client, alias1: Alias, headers: dict[str, str]
) -> None:
    theirs = Setting(policy=Policy(1, Canary(2, 4000)))
    aliases.change_alias(make.act(make.user("bob")), alias1, base_revision=1, setting=theirs)
    response = alice.post(EDIT, WANTED, headers=headers)
    text = response.content.decode()
    assert response.status_code == 409
    assert "bob changed alias &#x27;alias1&#x27; meanwhile (revision 2)." in text
    assert "The canary weight is now 40% (was 10.5%)." in text
    assert "Start from the current one" in text
    assert response.context["form"]["weight"].value() == "30"
    assert query.state(Alias.objects.get()).policy == theirs.policy


def test_alias_edit__changed_meanwhile__is_refused_again_when_sent_again(
    alice: Client, alias1: Alias
) -> None:
    aliases.switch_all(make.act(make.user("bob")), alias1, base_revision=1)
    assert [alice.post(EDIT, WANTED).status_code for _ in range(2)] == [409, 409]
    assert query.state(Alias.objects.get()).policy == Policy(2)


def test_alias_edit__version_deleted__is_told_at_its_field(alice: Client, alias1: Alias) -> None:
    Version.objects.filter(number=2).update(retired_at=make.NOW)
    response = alice.post(EDIT, WANTED)
    assert response.status_code == 422
    assert "may have been deleted meanwhile" in response.context["form"].errors["canary"][0]


def test_alias_edit__unknown_or_deleted_alias__is_not_there(alice: Client, alias1: Alias) -> None:
    assert alice.get(reverse("alias-edit", args=[REGION, "shop", "other"])).status_code == 404
    aliases.delete_alias(make.act(), alias1)
    assert alice.post(EDIT, WANTED).status_code == 404


def test_alias_edit__anonymous__is_sent_to_log_in(anonymous: Client, alias1: Alias) -> None:
    assert anonymous.post(EDIT, WANTED)["Location"].startswith(reverse("log-in"))
    assert AliasRevision.objects.count() == 1
