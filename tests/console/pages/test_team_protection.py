from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.protection_document import digest
from releases.core.protections import Protection, When
from releases.core.rights import Role
from releases.models import Alias, Team
from releases.operations.protections import protect_team
from releases.queries import changes as query
from tests import make

from .conftest import HTMX, browser
from .test_alias_protection import PLAIN, WINDOW

ANY = Protection(when=frozenset({When.ANY}))
GIVEN = PLAIN | {"when": ["any"], "seen": ""}


@pytest.fixture
def alias1(db: None) -> Alias:
    return make.alias(make.two_versions())


@pytest.fixture
def form(alias1: Alias) -> str:
    return reverse("team-protection", args=[make.team().pk])


def default() -> Protection | None:
    return query.protection_of_team(Team.objects.get(name=make.TEAM))


def test_team_protection__saved__is_the_teams_default(alice: Client, alias1: Alias, form: str) -> None:
    assert "Nothing is asked of a change" in alice.get(form).content.decode()
    assert alice.post(form, GIVEN).status_code == 302
    assert default() == ANY
    page = alice.get(reverse("alias", args=[make.REGION, "shop", "alias1"])).content.decode()
    assert f"The protection of team {make.TEAM}." in page


def test_team_protection__loosened__says_which_keep_theirs(alice: Client, alias1: Alias, form: str) -> None:
    protect_team(make.act(), make.team(), protection=ANY, seen="")
    response = alice.post(form, GIVEN | {"when": [], "seen": digest(ANY)}, follow=True)
    assert (
        "Nothing was loosened: what they had is now their own protection: shop/alias1."
        in response.content.decode()
    )
    assert default() is None
    assert query.own_protection(make.loaded(alias1)) == ANY


@pytest.mark.parametrize("seen", ["", "0" * 64])
def test_team_protection__opened_before_anothers_change__is_told(
    alice: Client, alias1: Alias, form: str, seen: str
) -> None:
    protect_team(make.act(), make.team(), protection=ANY, seen="")
    response = alice.post(form, GIVEN | {"when": ["rules"], "seen": seen}, headers=HTMX)
    assert response.status_code == 409
    assert "was changed meanwhile" in response.content.decode()
    assert default() == ANY


def test_team_protection__sent_back__changes_nothing(alice: Client, alias1: Alias, form: str) -> None:
    alice.post(form, GIVEN | WINDOW)
    before, shown = default(), alice.get(form).context["form"]
    fields = [*shown, *(field for row in shown.windows for field in row)]
    response = alice.post(form, {field.html_name: field.value() for field in fields if field.value()})
    assert response.status_code == 409
    assert "already protected so" in response.content.decode()
    assert default() == before


def test_team_protection__bad_input__is_422_with_the_form(alice: Client, alias1: Alias, form: str) -> None:
    response = alice.post(form, GIVEN | {"approvals": "many"})
    assert response.status_code == 422
    assert 'id="id_approvals_error"' in response.content.decode()
    assert default() is None


def test_rows__added__keep_what_was_typed(alice: Client, alias1: Alias, form: str) -> None:
    response = alice.post(form, GIVEN | WINDOW | {"approvals": "7", "add_window": "1"})
    shown = response.context["form"]
    assert (response.status_code, len(shown.windows), shown["approvals"].value()) == (200, 2, "7")


def test_protection_sentence__of_a_team__says_it_in_words(alice: Client, alias1: Alias, form: str) -> None:
    text = alice.post(form + "sentence/", GIVEN).content.decode()
    assert "One of one approver must agree before anything changes." in text


def test_team_protection__member_without_the_right__is_told_why(db: None, alias1: Alias, form: str) -> None:
    ada = browser()
    ada.force_login(make.user("rita", Role.RELEASER, Role.APPROVER))
    for response in (ada.get(form), ada.post(form, GIVEN), ada.post(form + "sentence/", GIVEN)):
        assert response.status_code == 403
        assert "that needs admin in team shop-team" in response.content.decode()
    assert default() is None


def test_team_protection__outsider_unknown__not_found(alice: Client, alias1: Alias, form: str) -> None:
    stranger = browser()
    stranger.force_login(make.outsider())
    assert stranger.get(form).status_code == stranger.post(form, GIVEN).status_code == 404
    assert alice.get(reverse("team-protection", args=[make.team().pk + 1])).status_code == 404
