"""Links, roles and accounts when two people act at once, on connections of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from releases.core.rights import Role
from releases.models import Membership, User
from releases.operations import invitations, people, teams
from releases.operations.invitations import InvitationOver
from releases.operations.people import LastAdministrator
from releases.operations.teams import LastAdmin
from releases.queries import invitations as query
from tests import make

from .test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_accept__two_with_one_link__lets_one_in() -> None:
    ends = make.NOW + timedelta(days=1)
    secret = invitations.invite(make.act(), make.team(), roles=[Role.VIEWER], expires_at=ends)
    invitation = query.by_secret(secret)
    assert invitation is not None
    acts = [make.act(make.outsider(name)) for name in ("carla", "charlie")]
    works = [lambda act=act: invitations.accept(act, invitation) for act in acts]
    assert [type(refusal) for refusal in at_once(*works)] == [InvitationOver]
    assert Membership.objects.filter(user__username__in=["carla", "charlie"]).count() == 1


def test_accept__while_it_is_withdrawn__is_one_or_the_other() -> None:
    ends = make.NOW + timedelta(days=1)
    secret = invitations.invite(make.act(), make.team(), roles=[Role.VIEWER], expires_at=ends)
    invitation, charlie = query.by_secret(secret), make.outsider()
    assert invitation is not None
    act, his = make.act(), make.act(charlie)
    refusals = at_once(
        lambda: invitations.accept(his, invitation), lambda: invitations.revoke_invitation(act, invitation)
    )
    assert [type(refusal) for refusal in refusals] == [InvitationOver]
    invitation.refresh_from_db()
    assert (invitation.used_by is None) == (not Membership.objects.filter(user=charlie).exists())


def test_set_roles__both_admins_step_down__one_stays() -> None:
    pair, team = (make.user("alice"), make.user("bob")), make.team()
    act = make.act()
    works = [lambda user=user: teams.set_roles(act, team, user, [Role.VIEWER]) for user in pair]
    assert [type(refusal) for refusal in at_once(*works)] == [LastAdmin]


def test_deactivate__one_admin_while_the_other_steps_down__one_stays() -> None:
    alice, bob, team = make.user("alice"), make.user("bob"), make.team()
    act = make.act()
    refusals = at_once(
        lambda: people.deactivate(act, alice), lambda: teams.set_roles(act, team, bob, [Role.VIEWER])
    )
    assert [type(refusal) for refusal in refusals] == [LastAdmin]


def test_deactivate__two_administrators_each_other__one_stays() -> None:
    first, second = (User.objects.create_superuser(name, password="x") for name in ("first", "second"))
    by_first, by_second = make.act(first), make.act(second)
    refusals = at_once(
        lambda: people.deactivate(by_first, second), lambda: people.deactivate(by_second, first)
    )
    assert [type(refusal) for refusal in refusals] == [LastAdministrator]
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1
