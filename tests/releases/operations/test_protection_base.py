"""A change of the protection is bound to the protection it was made on, and to the one it leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.core import protection_document
from releases.core.approvals import Status
from releases.core.protections import NONE, Freeze, Protection, When
from releases.models import Alias, ChangeRequest, Team
from releases.operations import aliases, applying, changes
from releases.operations.change_rows import NotNow
from releases.operations.protections import protect_team
from releases.queries import change_list
from releases.queries import changes as query
from tests import make

from .test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

ONE = Protection(when=frozenset({When.ANY}))
TWO = replace(ONE, approvals=2)
THREE = replace(ONE, approvals=3)
STALE = "no longer the one that this was proposed on"


@pytest.fixture
def alias() -> Alias:
    for name in ("bob", "carol"):
        make.user(name)
    return make.alias(make.two_versions())


def effective(alias: Alias) -> Protection:
    return query.protection_of(make.loaded(alias))


def agreed(alias: Alias, wanted: Protection | None) -> ChangeRequest:
    """A request for another protection to which bob and carol have agreed."""
    request = make.verdict(make.verdict(make.protection_change(alias, wanted), "bob"), "carol")
    assert request.status == Status.APPROVED
    return request


def set_team(wanted: Protection | None) -> None:
    seen = protection_document.digest(query.protection_of_team(Team.objects.get(name=make.TEAM)))
    protect_team(make.act(), make.team(), protection=wanted, seen=seen)


def test_apply__protection_changed_by_another_request__stale(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    tighter, looser = agreed(alias, TWO), agreed(alias, NONE)
    applying.apply(make.act(), tighter)
    with pytest.raises(NotNow, match=STALE):
        applying.apply(make.act(), looser)
    (line,) = change_list.lines([query.loaded().get(pk=looser.pk)], at=make.NOW)
    assert any(STALE in text for text in line.lacks)
    assert effective(alias) == TWO


def test_apply__a_freeze_was_put_up_meanwhile__stale_even_when_it_is_over(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    frozen = Freeze(make.NOW + timedelta(hours=1), make.NOW + timedelta(hours=2), "the fair")
    looser = agreed(alias, replace(ONE, weight_above_bp=1))
    applying.apply(make.act(), agreed(alias, replace(ONE, freezes=(frozen,))))
    with pytest.raises(NotNow, match=STALE):
        applying.apply(make.act(at=make.NOW + timedelta(hours=3)), looser)


def test_apply__back_to_the_team_whose_default_changed__stale(alias: Alias) -> None:
    set_team(TWO)
    applying.apply(make.act(), agreed(alias, replace(TWO, revert=True)))
    request = agreed(alias, None)
    set_team(ONE)
    with pytest.raises(NotNow, match=STALE):
        applying.apply(make.act(), request)
    assert effective(alias) == replace(TWO, revert=True)


def test_apply__team_default_it_relies_on_changed__stale(alias: Alias) -> None:
    set_team(ONE)
    request = agreed(alias, NONE)
    set_team(TWO)
    with pytest.raises(NotNow, match=STALE):
        applying.apply(make.act(), request)


def test_apply__team_default_kept_as_its_own__is_what_was_seen(alias: Alias) -> None:
    set_team(TWO)
    request = agreed(alias, ONE)
    set_team(None)
    applying.apply(make.act(), request)
    assert effective(alias) == ONE


def test_rebase__protection_changed__verdicts_are_void_and_it_shows_the_new_base(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    request = agreed(alias, TWO)
    applying.apply(make.act(), agreed(alias, replace(ONE, revert=True)))
    seen = query.payload_of(request).digest
    rebased = changes.rebase(make.act(), request, seen=seen)
    assert rebased.status == Status.IN_REVIEW
    assert query.seen_bases(rebased) == (replace(ONE, revert=True), TWO)
    with pytest.raises(NotNow, match="edited since you opened it"):
        applying.apply(make.act(), request, seen=seen)
    applying.apply(make.act(), make.verdict(make.verdict(rebased, "bob"), "carol"))
    assert effective(alias) == TWO


def test_rebase__nothing_moved__refused(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    request = agreed(alias, TWO)
    with pytest.raises(NotNow, match="nothing would change"):
        changes.rebase(make.act(), request, seen=query.payload_of(request).digest)


def test_payload__from_before_it_named_its_base__cannot_be_applied(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    request = agreed(alias, TWO)
    assert query.basis_seen(request)
    payload = query.payload_of(request)
    payload.document = {"protection": protection_document.document(TWO)}  # as it was written then
    assert query.basis_seen(request) == ""
    assert query.basis_seen(request) != query.basis_now(request)


def test_apply__two_changes_of_the_protection_at_once__one_is_stale(alias: Alias) -> None:
    aliases.protect_alias(make.act(), alias, protection=ONE)
    one, other = agreed(alias, TWO), agreed(alias, NONE)
    refusals = at_once(lambda: applying.apply(make.act(), one), lambda: applying.apply(make.act(), other))
    assert [STALE in str(refusal) for refusal in refusals] == [True]


@pytest.mark.parametrize("_round", range(5))
def test_apply__back_to_the_team_while_the_team_loosens__never_looser_than_was_seen(
    alias: Alias, _round: int
) -> None:
    set_team(TWO)
    applying.apply(make.act(), agreed(alias, replace(TWO, revert=True)))
    request = agreed(alias, None)
    at_once(lambda: applying.apply(make.act(), request), lambda: set_team(None))
    assert effective(alias) in (TWO, replace(TWO, revert=True))
