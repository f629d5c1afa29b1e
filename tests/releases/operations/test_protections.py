from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.core import protection_document
from releases.core.approvals import Status
from releases.core.policies import Canary, Policy
from releases.core.protections import NONE, Freeze, Protection, When
from releases.models import Alias, AuditEntry, Team
from releases.operations import aliases, applying
from releases.operations.aliases import ChangedMeanwhile, NeedsApproval, NothingToChange, Setting
from releases.operations.change_rows import NotNow
from releases.operations.protections import protect_team
from releases.operations.teams import set_group
from releases.queries import changes as query
from tests import make

pytestmark = pytest.mark.django_db

ONE = Protection(when=frozenset({When.ANY}))
TWO = replace(ONE, approvals=2)


@pytest.fixture
def alias() -> Alias:
    for name in ("bob", "carol"):
        make.user(name)
    return make.alias(make.two_versions())


def set_team(protection: Protection | None, *, seen: Protection | None = None) -> list[Alias]:
    return protect_team(make.act(), make.team(), protection=protection, seen=protection_document.digest(seen))


def effective(alias: Alias) -> Protection:
    return query.protection_of(make.loaded(alias))


def test_protect_alias__unprotected__at_once_and_in_the_audit_log(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    entry = AuditEntry.objects.latest("pk")
    assert effective(alias) == ONE
    assert (entry.action, entry.before) == ("alias.protect", {"protection": None})
    assert entry.after == {"protection": protection_document.document(ONE)}


@pytest.mark.parametrize("wanted", [NONE, TWO, None])
def test_protect_alias__protected__refused_whatever_is_wanted(
    alias: Alias, wanted: Protection | None
) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    with pytest.raises(NeedsApproval, match="propose the change of its protection"):
        aliases.protect_alias(make.act(), alias, protection=wanted)
    assert effective(alias) == ONE


def test_protect_alias__protected_by_its_team__refused(alias: Alias) -> None:
    set_team(ONE)
    with pytest.raises(NeedsApproval):
        aliases.protect_alias(make.act(), alias, protection=NONE)


def test_request__to_loosen__needs_what_the_old_one_asks(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=TWO)
    request = make.verdict(make.protection_change(alias, NONE), "bob")
    assert request.status == Status.IN_REVIEW
    with pytest.raises(NotNow, match="it lacks 1 more approval"):
        applying.apply(make.act(), request)
    applying.apply(make.act(), make.verdict(request, "carol"))
    assert effective(alias) == NONE


def test_request__to_tighten__needs_what_the_new_one_asks(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    request = make.verdict(make.protection_change(alias, TWO), "bob")
    assert request.status == Status.IN_REVIEW
    applying.apply(make.act(), make.verdict(request, "carol"))
    assert effective(alias) == TWO


def test_request__back_to_a_looser_team__needs_what_its_own_asks(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=TWO)
    request = make.verdict(make.protection_change(alias, None), "bob")
    assert request.status == Status.IN_REVIEW
    applying.apply(make.act(), make.verdict(request, "carol"))
    assert make.loaded(alias).protection is None


def test_request__in_a_freeze__cannot_lift_the_freeze(alias: Alias) -> None:
    frozen = Freeze(make.NOW, make.NOW + timedelta(days=1), "inventory")
    aliases.protect_alias(make.act(), alias, protection=replace(ONE, freezes=(frozen,)))
    request = make.verdict(make.protection_change(alias, ONE), "bob")
    with pytest.raises(NotNow, match="inventory"):
        applying.apply(make.act(), request)


def test_request__own_approval__does_not_count(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    with pytest.raises(NotNow, match="you proposed it"):
        make.verdict(make.protection_change(alias, NONE), "alice")


def test_request__to_drop_its_group__needs_that_group(alias: Alias) -> None:
    set_group(make.act(), make.team(), name="sre", members=[make.user("carol")])
    aliases.protect_alias(make.act(), alias, protection=replace(ONE, groups=("sre",)))
    request = make.verdict(make.protection_change(alias, ONE), "bob")
    assert request.status == Status.IN_REVIEW
    assert make.verdict(request, "carol").status == Status.APPROVED


def test_protect_team__first__holds_for_aliases_without_one_of_their_own(alias: Alias) -> None:
    own = make.alias(alias.service, "alias2")
    aliases.protect_alias(make.act(), own, protection=TWO)
    assert set_team(ONE) == []
    assert (effective(alias), effective(own)) == (ONE, TWO)
    with pytest.raises(NeedsApproval):
        aliases.change_alias(
            make.act(), alias, base_revision=1, setting=Setting(policy=Policy(1, Canary(2, 1)))
        )
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.team, entry.before) == ("team.protect", make.TEAM, {"protection": None})


def test_protect_team__stricter__holds_at_once_for_all(alias: Alias) -> None:
    set_team(ONE)
    assert set_team(TWO, seen=ONE) == []
    assert make.loaded(alias).protection is None
    assert effective(alias) == TWO


@pytest.mark.parametrize("looser", [None, ONE, replace(TWO, approvals=1, ratify=timedelta(hours=1))])
def test_protect_team__looser__aliases_keep_what_they_had(alias: Alias, looser: Protection | None) -> None:
    set_team(TWO)
    assert [kept.name for kept in set_team(looser, seen=TWO)] == ["alias1"]
    assert effective(alias) == TWO
    assert query.own_protection(make.loaded(alias)) == TWO
    assert AuditEntry.objects.filter(action="alias.protect").count() == 1
    later = make.alias(alias.service, "alias2")
    assert effective(later) == (looser or NONE)


def test_protect_team__looser__other_teams_and_gone_aliases_are_left_alone(alias: Alias) -> None:
    gone = make.alias(alias.service, "gone")
    aliases.delete_alias(make.act(), gone)
    stranger = make.alias(make.two_versions("other"))
    stranger.service.team = make.team("other-team")
    stranger.service.save()
    set_team(ONE)
    assert [kept.pk for kept in set_team(None, seen=ONE)] == [alias.pk]
    assert make.loaded(gone).protection is make.loaded(stranger).protection is None


def test_protect_team__opened_before_anothers_change__refused(alias: Alias) -> None:
    set_team(ONE)
    with pytest.raises(ChangedMeanwhile, match="the protection of team 'shop-team' was changed meanwhile"):
        set_team(None)
    assert query.protection_of_team(Team.objects.get()) == ONE


def test_protect_team__the_same__refused(alias: Alias) -> None:
    set_team(ONE)
    with pytest.raises(NothingToChange):
        set_team(ONE, seen=ONE)
