"""A service goes to another team: nothing is loosened, and only its new people count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.core import protection_document
from releases.core.approvals import Status
from releases.core.policies import Canary, Policy
from releases.core.protections import NONE, Protection, When
from releases.core.rights import Action, Role, can
from releases.models import Alias, AuditEntry, Notice, Service
from releases.operations import aliases, applying, break_glass, catalog, teams
from releases.operations.aliases import Setting
from releases.operations.catalog import NameTaken
from releases.operations.change_rows import NotNow
from releases.operations.protections import protect_team
from releases.operations.transfers import (
    LacksGroup,
    NotYours,
    OwnedMeanwhile,
    Transferred,
    transfer_service,
)
from releases.queries import changes as query
from releases.queries import teams as team_query
from tests import make

from .test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "other-team"
ONE = Protection(when=frozenset({When.ANY}))
TWO = replace(ONE, approvals=2)


@pytest.fixture
def alias() -> Alias:
    """alias1 of shop-team. alice is admin of both teams, bob approves for shop-team, carol for the other."""
    make.join(make.user(), *(set(Role) - {Role.BREAK_GLASS}), name=OTHER)
    make.user("bob", Role.APPROVER)
    make.user("carol", Role.APPROVER, of=OTHER)
    return make.alias(make.two_versions())


def give(alias: Alias, by: str = "alice") -> Transferred:
    service = make.loaded(alias).service
    act = make.act(make.user(by))
    return transfer_service(act, service, seen=service.team_id, to=make.team(OTHER))


def set_team(name: str, wanted: Protection | None) -> None:
    team = make.team(name)
    seen = protection_document.digest(query.protection_of_team(team))
    protect_team(make.act(), team, protection=wanted, seen=seen)


def effective(alias: Alias) -> Protection:
    return query.protection_of(make.loaded(alias))


def owner(alias: Alias) -> str:
    return make.loaded(alias).service.team.name


def test_transfer__admin_of_both__one_entry_and_other_rights(alias: Alias) -> None:
    before = AuditEntry.objects.count()
    give(alias)
    thing = team_query.owned(make.loaded(alias).service)
    assert not can(team_query.person(make.user("bob")), Action.VIEW, thing)
    assert can(team_query.person(make.user("carol")), Action.APPROVE, thing)
    entry = AuditEntry.objects.latest("pk")
    assert AuditEntry.objects.count() == before + 1
    assert (entry.action, entry.object, entry.team) == ("service.transfer", "shop", make.TEAM)
    assert entry.before == {"team": make.TEAM, "protection": None}
    assert entry.after == {"team": OTHER, "protection": None, "kept_by": []}


@pytest.mark.parametrize(
    ("here", "there"),
    [((), (Role.ADMIN,)), ((Role.ADMIN,), ()), ((Role.ADMIN,), (Role.RELEASER, Role.APPROVER))],
)
def test_transfer__admin_of_one__refused(
    alias: Alias, here: tuple[Role, ...], there: tuple[Role, ...]
) -> None:
    dan = make.outsider("dan")
    if here:
        make.join(dan, *here)
    if there:
        make.join(dan, *there, name=OTHER)
    with pytest.raises(NotYours, match="that needs admin in team"):
        give(alias, by="dan")
    assert owner(alias) == make.TEAM


def test_transfer__page_showed_another_owner__refused(alias: Alias) -> None:
    service = make.loaded(alias).service
    third = make.team("third")
    with pytest.raises(OwnedMeanwhile, match="belongs to team 'shop-team'"):
        transfer_service(make.act(), service, seen=third.pk, to=make.team(OTHER))
    with pytest.raises(OwnedMeanwhile):
        transfer_service(make.act(), service, seen=service.team_id, to=service.team)


def test_transfer__name_used_before__all_of_it_goes_along(alias: Alias) -> None:
    empty = make.service("gone")
    catalog.delete_service(make.act(), empty)
    again = make.service("gone")
    transfer_service(make.act(), again, seen=again.team_id, to=make.team(OTHER))
    catalog.delete_service(make.act(), Service.objects.get(pk=again.pk))
    assert {row.team.name for row in Service.objects.filter(name="gone")} == {OTHER}
    with pytest.raises(NameTaken):
        make.service("gone")
    assert make.service("gone", owner=OTHER).team.name == OTHER


@pytest.mark.parametrize(
    ("theirs", "after"),
    [(None, ONE), (NONE, ONE), (ONE, ONE), (TWO, TWO), (replace(TWO, barred=frozenset()), ONE)],
)
def test_transfer__default_of_the_old_team__is_kept_unless_the_new_one_covers_it(
    alias: Alias, theirs: Protection | None, after: Protection
) -> None:
    set_team(make.TEAM, ONE)
    if theirs is not None:
        set_team(OTHER, theirs)
    kept = give(alias).kept
    assert effective(alias) == after
    assert [each.name for each in kept] == (["alias1"] if make.loaded(alias).protection is not None else [])
    assert AuditEntry.objects.latest("pk").after["kept_by"] == [each.name for each in kept]


def test_transfer__own_protection__stays(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=TWO)
    set_team(OTHER, ONE)
    assert give(alias).kept == []
    assert effective(alias) == TWO


@pytest.mark.parametrize("own", [True, False])
def test_transfer__protection_asks_for_a_group_that_is_not_there__refused(alias: Alias, own: bool) -> None:
    teams.set_group(make.act(), make.team(), name="sre", members=[make.user("bob")])
    asked = replace(ONE, groups=("sre",))
    if own:
        aliases.protect_alias(make.act(), alias, protection=asked)
    else:
        set_team(make.TEAM, asked)
    with pytest.raises(LacksGroup, match="group sre, which team 'other-team' does not have"):
        give(alias)
    assert owner(alias) == make.TEAM
    teams.set_group(make.act(), make.team(OTHER), name="sre", members=[make.user("carol")])
    give(alias)
    assert effective(alias) == asked


def test_open_request__approved_by_the_old_team__counts_no_more_and_asks_the_new_one(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    request = make.approved(alias)
    waiting = make.change(alias, Policy(1, Canary(2, 5000)))
    give(alias)
    row = query.loaded().get(pk=request.pk)
    assert row.status == Status.IN_REVIEW
    with pytest.raises(NotNow, match="it lacks 1 more approval"):
        applying.apply(make.act(), row)
    asked = Notice.objects.filter(needs_action=True).values_list("to__username", flat=True)
    assert set(asked) == {"carol"}
    assert len(asked) == 2
    with pytest.raises(NotNow, match="not in the team"):
        make.verdict(waiting, "bob")
    applying.apply(make.act(), make.verdict(row, "carol"))


def test_open_request__approver_of_both_teams__his_verdict_still_counts(alias: Alias) -> None:
    make.join(make.user("bob"), Role.APPROVER, name=OTHER)
    aliases.protect_alias(make.act(), alias, protection=ONE)
    request = make.approved(alias)
    give(alias)
    applying.apply(make.act(), query.loaded().get(pk=request.pk))


def test_open_request__new_team_asks_for_more__the_stricter_counts(alias: Alias) -> None:
    make.join(make.user("bob"), Role.APPROVER, name=OTHER)
    set_team(make.TEAM, ONE)
    set_team(OTHER, TWO)
    request = make.approved(alias)
    give(alias)
    with pytest.raises(NotNow, match="it lacks 1 more approval"):
        applying.apply(make.act(), query.loaded().get(pk=request.pk))


def test_scheduled_request__who_scheduled_it_is_not_in_the_new_team__suspended_and_said(alias: Alias) -> None:
    erin = make.user("erin", Role.RELEASER)
    make.join(make.user("bob"), Role.APPROVER, name=OTHER)
    aliases.protect_alias(make.act(), alias, protection=ONE)
    due = make.NOW + timedelta(hours=1)
    request = applying.schedule(make.act(erin), make.approved(alias), when=due)
    give(alias)
    suspended = applying.apply_due(make.act(erin, at=due), request)
    assert (suspended.status, make.loaded(alias).revisions.count()) == (Status.SCHEDULED, 1)
    assert "erin may not release service shop" in suspended.suspended


def test_change_of_the_protection__default_is_another_now__stale(alias: Alias) -> None:
    make.join(make.user("bob"), Role.APPROVER, name=OTHER)
    set_team(make.TEAM, ONE)
    set_team(OTHER, TWO)
    request = make.verdict(make.protection_change(alias, NONE), "bob")
    give(alias)
    with pytest.raises(NotNow, match="no longer the one that this was proposed on"):
        applying.apply(make.act(), query.loaded().get(pk=request.pk))


def test_broken_glass__not_ratified_yet__the_new_team_is_asked(alias: Alias) -> None:
    zoe = make.user("zoe", Role.BREAK_GLASS)
    aliases.protect_alias(make.act(), alias, protection=ONE)
    request = break_glass.break_glass(
        make.act(zoe), alias, Setting(policy=Policy(2)), base_revision=1, reason="everything answers 500"
    )
    give(alias)
    assert Notice.objects.filter(needs_action=True, to__username="carol").count() == 1
    seen = query.payload_of(request).digest
    with pytest.raises(NotNow):
        break_glass.ratify(make.act(make.user("bob")), query.loaded().get(pk=request.pk), seen=seen)
    break_glass.ratify(make.act(make.user("carol")), query.loaded().get(pk=request.pk), seen=seen)


@pytest.mark.parametrize("_round", range(5))
def test_transfer__against_apply__never_by_the_old_team_after_it(alias: Alias, _round: int) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    request = make.approved(alias)
    refusals = at_once(lambda: give(alias), lambda: applying.apply(make.act(), request))
    applied = query.loaded().get(pk=request.pk).status == Status.APPLIED
    assert (owner(alias), len(refusals)) == (OTHER, 0 if applied else 1)


@pytest.mark.parametrize("_round", range(5))
def test_transfer__while_the_new_team_loosens_its_default__nothing_is_loosened(
    alias: Alias, _round: int
) -> None:
    set_team(make.TEAM, ONE)
    set_team(OTHER, ONE)
    at_once(lambda: give(alias), lambda: set_team(OTHER, None))
    assert (owner(alias), effective(alias)) == (OTHER, ONE)


@pytest.mark.parametrize("_round", range(5))
def test_transfer__while_somebody_proposes__asks_the_new_team_or_says_to_look_again(
    alias: Alias, _round: int
) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    refusals = at_once(lambda: give(alias), lambda: make.change(alias))
    assert all(isinstance(refusal, OwnedMeanwhile) for refusal in refusals)
    waiting = Notice.objects.filter(needs_action=True).values_list("to__username", flat=True)
    assert set(waiting) == ({"bob"} if refusals else {"carol"})
