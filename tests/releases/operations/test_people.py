from __future__ import annotations

import pytest

from releases.core.names import BadName
from releases.core.rights import Role
from releases.models import AuditEntry, Membership, User
from releases.operations import people, teams
from releases.operations.access_keys import create_access_key
from releases.operations.catalog import NameTaken
from releases.operations.people import LastAdministrator
from releases.operations.teams import DeletedMeanwhile, LastAdmin, NoSuchMember, NotForPrograms
from releases.queries import access_keys
from tests import make

pytestmark = pytest.mark.django_db


def program(name: str = "ci") -> User:
    return people.create_program(make.act(), make.team(), name=name, roles=[Role.DEVELOPER])


def root(name: str = "root") -> User:
    return User.objects.create_superuser(name, password="x")


def test_create_program__made__signs_and_has_no_password() -> None:
    ci = program()
    assert ci.is_program
    assert not ci.has_usable_password()
    create_access_key(make.act(), ci)
    [signer] = access_keys.load()
    assert signer.person.roles == {make.TEAM: frozenset({Role.DEVELOPER})}
    assert AuditEntry.objects.filter(action="program.create", team=make.TEAM).exists()


@pytest.mark.parametrize("role", [Role.APPROVER, Role.ADMIN, Role.BREAK_GLASS])
def test_program__role_that_takes_a_person__is_refused(role: Role) -> None:
    with pytest.raises(NotForPrograms, match=role.value):
        people.create_program(make.act(), make.team(), name="ci", roles=[role])
    ci = program()
    with pytest.raises(NotForPrograms, match=role.value):
        teams.set_roles(make.act(), make.team(), ci, [role])
    teams.set_roles(make.act(), make.team(), ci, [Role.RELEASER])


def test_create_program__name_taken_in_another_case__is_refused() -> None:
    program("ci")
    with pytest.raises(NameTaken):
        program("CI")
    with pytest.raises(BadName):
        program("c i")


def test_set_roles__program_of_another_team__is_refused() -> None:
    """Or its admins could make keys that act for the first team."""
    ci = program()
    with pytest.raises(NotForPrograms, match="another team"):
        teams.set_roles(make.act(), make.team("other"), ci, [Role.VIEWER])


def test_retire_program__with_keys__ends_them_for_ever() -> None:
    ci = program()
    create_access_key(make.act(), ci)
    people.retire_program(make.act(), make.team(), ci)
    people.retire_program(make.act(), make.team(), ci)
    ci.refresh_from_db()
    assert not ci.is_active
    assert access_keys.load() == []
    assert not Membership.objects.filter(user=ci).exists()
    assert AuditEntry.objects.filter(action="program.retire").count() == 1
    with pytest.raises(NotForPrograms):
        people.reactivate(make.act(root()), ci)


def test_deactivate__member__is_out_until_reactivated() -> None:
    bob, act = make.user("bob", Role.APPROVER), make.act(root())
    create_access_key(make.act(), bob)
    people.deactivate(act, bob)
    people.deactivate(act, bob)
    assert not access_keys.load()[0].person.active
    people.reactivate(act, bob)
    people.reactivate(act, bob)
    assert access_keys.load()[0].person.active
    assert AuditEntry.objects.filter(action="person.deactivate").count() == 1
    assert AuditEntry.objects.filter(action="person.reactivate").count() == 1


def test_deactivate__only_admin_of_a_team__is_refused() -> None:
    alice, act = make.user(), make.act(root())
    with pytest.raises(LastAdmin, match="only admin of team 'shop-team'"):
        people.deactivate(act, alice)
    make.user("bob", Role.ADMIN)
    people.deactivate(act, alice)
    with pytest.raises(LastAdmin):
        people.deactivate(act, make.user("bob"))


def test_deactivate__only_administrator__is_refused() -> None:
    first = root()
    with pytest.raises(LastAdministrator):
        people.deactivate(make.act(first), first)
    people.deactivate(make.act(first), root("second"))
    with pytest.raises(LastAdministrator):
        people.deactivate(make.act(first), first)


def test_set_roles__only_admin__keeps_the_role() -> None:
    alice, act = make.user(), make.act()
    with pytest.raises(LastAdmin):
        teams.set_roles(act, make.team(), alice, [Role.VIEWER])
    make.user("bob", Role.ADMIN)
    teams.set_roles(act, make.team(), alice, ())
    assert not Membership.objects.filter(user=alice).exists()


def test_set_group__stranger__is_refused() -> None:
    with pytest.raises(NoSuchMember):
        teams.set_group(make.act(), make.team(), name="Security", members=[make.outsider()])
    teams.set_group(make.act(), make.team(), name="Security", members=[make.user()])


def test_set_roles__taken_away__leaves_the_groups() -> None:
    bob = make.user("bob", Role.APPROVER)
    group = teams.set_group(make.act(), make.team(), name="Security", members=[make.user(), bob])
    teams.set_roles(make.act(), make.team(), bob, ())
    assert [member.username for member in group.members.all()] == ["alice"]


def test_delete_group__twice__says_it_is_gone() -> None:
    teams.set_group(make.act(), make.team(), name="Security", members=[make.user()])
    teams.delete_group(make.act(), make.team(), name="Security")
    assert AuditEntry.objects.get(action="team.group_delete").before == {"members": ["alice"]}
    with pytest.raises(DeletedMeanwhile):
        teams.delete_group(make.act(), make.team(), name="Security")
