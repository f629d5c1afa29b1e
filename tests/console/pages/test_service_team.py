"""The page that gives a service to another team."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.protections import Protection, When
from releases.core.rights import Role
from releases.models import Alias, Service
from releases.operations.protections import protect_team
from releases.operations.teams import set_group
from tests import make

from .conftest import logged_in

PAGE = reverse("service-team", args=[make.REGION, "shop"])
ANY = Protection(when=frozenset({When.ANY}))


@pytest.fixture
def alias1(db: None) -> Alias:
    return make.alias(make.two_versions())


@pytest.fixture
def dora(alias1: Alias) -> Client:
    """Admin of shop-team and other-team, member of third-team."""
    user = make.user("dora", Role.ADMIN)
    make.join(user, Role.ADMIN, name="other-team")
    make.join(user, Role.DEVELOPER, name="third-team")
    return logged_in(user)


def owner() -> str:
    return Service.objects.select_related("team").get(name="shop").team.name


def sent(name: str = "other-team", seen: str = make.TEAM) -> dict[str, object]:
    return {"owner": make.team(seen).pk, "to": make.team(name).pk}


def test_service_edit__admin__leads_to_the_page_others_are_told_why(dora: Client, alias1: Alias) -> None:
    edit = reverse("service-edit", args=[make.REGION, "shop"])
    assert f'href="{PAGE}"' in dora.get(edit).content.decode()
    text = logged_in(make.user("dev", Role.DEVELOPER)).get(edit).content.decode()
    assert "dev may not administer service shop: that needs admin in team shop-team" in text
    assert PAGE not in text


def test_page__opened__says_what_comes_of_it_and_offers_teams_one_administers(
    dora: Client, alias1: Alias
) -> None:
    protect_team(make.act(), make.team(), protection=ANY, seen="")
    make.change(alias1)
    text = dora.get(PAGE).content.decode()
    assert "other-team" in text
    assert "third-team" not in text
    assert "alias1 has the protection of team shop-team" in text
    assert "1 open change request:" in text


def test_page__sent__gives_it_and_says_what_was_kept(dora: Client, alias1: Alias) -> None:
    protect_team(make.act(), make.team(), protection=ANY, seen="")
    make.change(alias1)
    text = dora.post(PAGE, sent(), follow=True).content.decode()
    assert "Service shop belongs to team other-team now." in text
    assert "Nothing was loosened: what they had is now their own protection: alias1." in text
    assert "Open change requests, now judged by team other-team: 1." in text
    assert owner() == "other-team"


@pytest.mark.parametrize(
    ("changed", "status", "told"),
    [
        ({"to": ""}, 422, "Choose a team."),
        ({"to": "x"}, 422, "You do not administer that team."),
        ({"to": "1" * 40}, 422, "You do not administer that team."),
        ({"owner": "x"}, 422, "open it again"),
        ({"owner": ""}, 422, "open it again"),
        ({"owner": "0"}, 409, "belongs to team"),
        ({"owner": "9" * 40}, 422, "open it again"),
    ],
)
def test_page__bad_input__is_told_in_place(
    dora: Client, changed: dict[str, object], status: int, told: str
) -> None:
    response = dora.post(PAGE, sent() | changed)
    assert (response.status_code, owner()) == (status, make.TEAM)
    assert told in response.content.decode()


def test_page__team_one_is_only_a_member_of__refused(dora: Client) -> None:
    response = dora.post(PAGE, sent("third-team"))
    assert (response.status_code, owner()) == (422, make.TEAM)


def test_page__group_missing_there__says_which(dora: Client) -> None:
    set_group(make.act(), make.team(), name="sre", members=[make.user()])
    asked = Protection(when=frozenset({When.ANY}), groups=("sre",))
    protect_team(make.act(), make.team(), protection=asked, seen="")
    response = dora.post(PAGE, sent())
    assert response.status_code == 409
    assert "group sre, which team &#x27;other-team&#x27; does not have" in response.content.decode()


def test_page__admin_of_one_team__is_told_that_it_takes_two(alias1: Alias) -> None:
    client = logged_in(make.user("ann", Role.ADMIN))
    assert "You administer no other team" in client.get(PAGE).content.decode()
    assert client.post(PAGE, sent()).status_code == 422
