"""Attacks on a protection: what it asks about happens although nobody agreed."""

from __future__ import annotations

import pytest

from releases.core import policies
from releases.core.policies import Canary, Policy
from releases.core.protections import Protection, When
from releases.models import Alias
from releases.operations import aliases, applying, changes
from releases.operations.aliases import NeedsApproval, Setting
from releases.operations.catalog import NameTaken, StillNeeded, delete_service
from releases.operations.change_rows import Kind, NotNow, Proposed
from releases.operations.protections import protect_team
from tests import make

pytestmark = pytest.mark.django_db

MOST = Policy(1, Canary(2, 9000))


def serving(alias: Alias) -> Policy:
    """What callers of the name get."""
    found = Alias.objects.get(service=alias.service, name=alias.name, retired_at=None)
    assert found.revision is not None
    return policies.parse(found.revision.policy)


def make_anew(alias: Alias) -> None:
    aliases.create_alias(make.act(), alias.service, name=alias.name, setting=Setting(policy=MOST))


@pytest.mark.parametrize("when", list(When))
def test_delete_and_make_anew__whatever_is_protected__refused_at_the_first_step(when: When) -> None:
    alias = make.protected_alias(when=frozenset({when}), weight_above_bp=1000)
    with pytest.raises(NeedsApproval, match="the alias is deleted"):
        aliases.delete_alias(make.act(), alias)
    with pytest.raises(NameTaken):
        make_anew(alias)
    assert serving(alias) == Policy(1)


def test_delete_and_make_anew__protected_by_its_team__refused() -> None:
    alias = make.alias(make.two_versions())
    protect_team(make.act(), make.team(), protection=Protection(when=frozenset({When.PRIMARY})), seen="")
    with pytest.raises(NeedsApproval, match="the alias is deleted"):
        aliases.delete_alias(make.act(), make.loaded(alias))


def test_delete__by_a_request_nobody_agreed_to__refused() -> None:
    alias = make.protected_alias(when=frozenset({When.WEIGHT_ABOVE}), weight_above_bp=1000)
    deletion = changes.propose(make.act(), alias, Proposed(Kind.DELETE, "Tidy up"), base_revision=1)
    with pytest.raises(NotNow, match="it lacks 1 more approval"):
        applying.apply(make.act(), deletion)
    assert serving(alias) == Policy(1)


def test_delete__by_way_of_its_service__refused() -> None:
    alias = make.protected_alias(when=frozenset({When.PRIMARY}))
    with pytest.raises(StillNeeded):
        delete_service(make.act(), alias.service)


def test_make_anew__after_a_deletion_that_was_agreed_to__is_a_new_alias() -> None:
    alias = make.protected_alias(when=frozenset({When.PRIMARY}))
    deletion = changes.propose(make.act(), alias, Proposed(Kind.DELETE, "Tidy up"), base_revision=1)
    applying.apply(make.act(), make.verdict(deletion, "bob"))
    make_anew(alias)
    assert serving(alias) == MOST
