from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.protections import Protection, When, digest
from releases.core.rights import Role
from releases.models import Alias, Team
from releases.operations.protections import protect_team
from releases.queries import changes as query
from tests import make

from .conftest import HTMX, browser
from .test_alias_protection import PLAIN, WINDOW

FORM, SENTENCE = (reverse(name, args=[make.TEAM]) for name in ("team-protection", "protection-sentence"))
ANY = Protection(when=frozenset({When.ANY}))
GIVEN = PLAIN | {"when": ["any"], "seen": ""}


@pytest.fixture
def alias1(db: None) -> Alias:
    return make.alias(make.two_versions())


def default() -> Protection | None:
    return query.protection_of_team(Team.objects.get(name=make.TEAM))


def test_team_protection__address__has_no_region() -> None:
    assert f"/teams/{make.TEAM}/protection/" == FORM


def test_team_protection__saved__is_the_teams_default(alice: Client, alias1: Alias) -> None:
    assert "Nothing is asked of a change" in alice.get(FORM).content.decode()
    assert alice.post(FORM, GIVEN).status_code == 302
    assert default() == ANY
    page = alice.get(reverse("alias", args=[make.REGION, "shop", "alias1"])).content.decode()
    assert f"The protection of team {make.TEAM}." in page


def test_team_protection__loosened__says_which_aliases_keep_theirs(alice: Client, alias1: Alias) -> None:
    protect_team(make.act(), make.team(), protection=ANY, seen="")
    response = alice.post(FORM, GIVEN | {"when": [], "seen": digest(ANY)}, follow=True)
    assert (
        "Nothing was loosened: what they had is now their own protection: shop/alias1."
        in response.content.decode()
    )
    assert default() is None
    assert query.own_protection(make.loaded(alias1)) == ANY


@pytest.mark.parametrize("seen", ["", "0" * 64])
def test_team_protection__opened_before_anothers_change__is_told(
    alice: Client, alias1: Alias, seen: str
) -> None:
    protect_team(make.act(), make.team(), protection=ANY, seen="")
    response = alice.post(FORM, GIVEN | {"when": ["rules"], "seen": seen}, headers=HTMX)
    assert response.status_code == 409
    assert "was changed meanwhile" in response.content.decode()
    assert default() == ANY


def test_team_protection__opened_and_sent_back__changes_nothing(alice: Client, alias1: Alias) -> None:
    alice.post(FORM, GIVEN | WINDOW)
    before, form = default(), alice.get(FORM).context["form"]
    fields = [*form, *(field for row in form.windows for field in row)]
    response = alice.post(FORM, {field.html_name: field.value() for field in fields if field.value()})
    assert response.status_code == 409
    assert "already protected so" in response.content.decode()
    assert default() == before


def test_team_protection__bad_input__is_422_with_the_form(alice: Client, alias1: Alias) -> None:
    response = alice.post(FORM, GIVEN | {"approvals": "many"})
    assert response.status_code == 422
    assert 'id="id_approvals_error"' in response.content.decode()
    assert default() is None


def test_rows__added__keep_what_was_typed(alice: Client, alias1: Alias) -> None:
    response = alice.post(FORM, GIVEN | WINDOW | {"approvals": "7", "add_window": "1"})
    form = response.context["form"]
    assert (response.status_code, len(form.windows), form["approvals"].value()) == (200, 2, "7")


def test_protection_sentence__of_a_team__says_it_in_words(alice: Client, alias1: Alias) -> None:
    text = alice.post(SENTENCE, GIVEN).content.decode()
    assert "One of one approver must agree before anything changes." in text


def test_team_protection__member_without_the_right__is_told_why(db: None, alias1: Alias) -> None:
    ada = browser()
    ada.force_login(make.user("rita", Role.RELEASER, Role.APPROVER))
    for response in (ada.get(FORM), ada.post(FORM, GIVEN), ada.post(SENTENCE, GIVEN)):
        assert response.status_code == 403
        assert "that needs admin in team shop-team" in response.content.decode()
    assert default() is None


def test_team_protection__outsider_and_unknown_team__not_found(alice: Client, alias1: Alias) -> None:
    stranger = browser()
    stranger.force_login(make.outsider())
    assert stranger.get(FORM).status_code == stranger.post(FORM, GIVEN).status_code == 404
    assert alice.get(reverse("team-protection", args=["nobody"])).status_code == 404
