from __future__ import annotations

from datetime import timedelta

import pytest

from releases.core.invitations import MAX_LIFE, State
from releases.core.names import BadName
from releases.core.rights import Role
from releases.models import AuditEntry, Invitation, Membership, User
from releases.operations import invitations, people, teams
from releases.operations.catalog import NameTaken
from releases.queries import invitations as query
from releases.queries.teams import person
from tests import make

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def invited(*roles: Role, life: timedelta = DAY) -> Invitation:
    secret = invitations.invite(
        make.act(), make.team(), roles=roles or [Role.VIEWER], expires_at=make.NOW + life
    )
    found = query.by_secret(secret)
    assert found is not None
    return found


def roles_of(user: User) -> list[str]:
    return list(Membership.objects.get(user=user, team=make.team()).roles)


def test_invite__open__keeps_only_a_hash_and_is_audited() -> None:
    secret = invitations.invite(make.act(), make.team(), roles=[Role.VIEWER], expires_at=make.NOW + DAY)
    assert secret not in str(Invitation.objects.values().get())
    entry = AuditEntry.objects.get(action="invitation.create")
    assert (entry.team, entry.after) == (make.TEAM, {"roles": ["viewer"]})
    assert secret not in str(vars(entry))


@pytest.mark.parametrize("life", [-DAY, timedelta(), MAX_LIFE + timedelta(seconds=1)])
def test_invite__life_out_of_bounds__is_refused(life: timedelta) -> None:
    with pytest.raises(invitations.BadInvitation, match="30 days at most"):
        invited(life=life)


def test_invite__no_role__is_refused() -> None:
    with pytest.raises(invitations.BadInvitation, match="at least one role"):
        invitations.invite(make.act(), make.team(), roles=[], expires_at=make.NOW + DAY)


def test_accept__outsider__joins_with_these_roles() -> None:
    charlie = make.outsider()
    team = invitations.accept(make.act(charlie), invited(Role.VIEWER, Role.RELEASER))
    assert team.name == make.TEAM
    assert roles_of(charlie) == ["releaser", "viewer"]
    assert AuditEntry.objects.filter(action="invitation.accept", by=charlie, team=make.TEAM).exists()


def test_accept__member__keeps_what_he_has() -> None:
    bob = make.user("bob", Role.APPROVER)
    invitations.accept(make.act(bob), invited(Role.VIEWER))
    assert roles_of(bob) == ["approver", "viewer"]


def test_accept__twice__lets_one_in() -> None:
    invitation = invited()
    invitations.accept(make.act(make.outsider("carla")), invitation)
    with pytest.raises(invitations.InvitationOver, match="has been used"):
        invitations.accept(make.act(make.outsider()), invitation)
    assert not Membership.objects.filter(user__username="charlie").exists()


def test_accept__at_its_end__is_refused() -> None:
    invitation, charlie = invited(), make.outsider()
    with pytest.raises(invitations.InvitationOver, match="has expired"):
        invitations.accept(make.act(charlie, make.NOW + DAY), invitation)
    invitations.accept(make.act(charlie, make.NOW + DAY - timedelta(seconds=1)), invitation)


def test_accept__withdrawn__is_refused() -> None:
    invitation = invited()
    invitations.revoke_invitation(make.act(), invitation)
    invitations.revoke_invitation(make.act(), invitation)
    assert AuditEntry.objects.filter(action="invitation.revoke").count() == 1
    with pytest.raises(invitations.InvitationOver, match="was withdrawn"):
        invitations.accept(make.act(make.outsider()), invitation)


def test_revoke__used__is_refused() -> None:
    invitation = invited()
    invitations.accept(make.act(make.outsider()), invitation)
    with pytest.raises(invitations.InvitationOver):
        invitations.revoke_invitation(make.act(), invitation)


def test_accept__inviter_is_no_admin_any_more__is_refused() -> None:
    invitation = invited()
    make.user("bob", Role.ADMIN)
    teams.set_roles(make.act(), make.team(), make.user(), [Role.VIEWER])
    with pytest.raises(invitations.InvitationOver, match="was withdrawn"):
        invitations.accept(make.act(make.outsider()), invitation)


def test_state__inviter_deactivated__is_revoked() -> None:
    invitation = invited()
    make.user("bob", Role.ADMIN)
    assert query.state(invitation, person(invitation.created_by), at=make.NOW) is State.OPEN
    people.deactivate(make.act(make.user("bob")), make.user())
    assert query.state(invitation, person(make.user()), at=make.NOW) is State.REVOKED


def test_accept_as_new__free_name__makes_an_account_that_can_log_in() -> None:
    viv = User(username="viv")
    invitations.accept_as_new(make.act(viv), invited(), password="viv-Passw0rd")
    made = User.objects.get(username="viv")
    assert made.check_password("viv-Passw0rd")
    assert not (made.is_superuser or made.is_staff or made.is_program)
    assert roles_of(made) == ["viewer"]


@pytest.mark.parametrize("name", ["alice", "ALICE"])
def test_accept_as_new__name_taken__is_refused_and_the_link_stays_good(name: str) -> None:
    invitation = invited()
    with pytest.raises(NameTaken):
        invitations.accept_as_new(make.act(User(username=name)), invitation, password="x")
    invitations.accept_as_new(make.act(User(username="viv")), invitation, password="x")


def test_accept_as_new__over__makes_no_account() -> None:
    invitation = invited()
    invitations.revoke_invitation(make.act(), invitation)
    with pytest.raises(invitations.InvitationOver):
        invitations.accept_as_new(make.act(User(username="viv")), invitation, password="x")
    assert not User.objects.filter(username="viv").exists()


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a\0b", "<b>"])
def test_accept_as_new__bad_name__is_refused(name: str) -> None:
    invitation = invited()
    with pytest.raises(BadName):
        invitations.accept_as_new(make.act(User(username=name)), invitation, password="x")
