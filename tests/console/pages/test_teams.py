"""The pages of teams: members, roles, groups, service accounts."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.rights import Role
from releases.models import AuditEntry, Membership, Team, User
from releases.operations import people, teams
from tests import make

from .conftest import HTMX, logged_in


@pytest.fixture
def admin(db: None) -> Client:
    """alice, admin of shop-team, with a fresh password."""
    return logged_in(make.user())


@pytest.fixture
def root(db: None) -> Client:
    """An administrator who is in no team."""
    return logged_in(User.objects.create_superuser("root", password="root-Passw0rd"))


def url(name: str, *more: int) -> str:
    return reverse(name, args=[make.team().pk, *more])


def roles_of(user: User) -> list[str]:
    return list(Membership.objects.get(user=user, team=make.team()).roles)


def test_teams__member__sees_his_own_with_counts_and_roles(admin: Client) -> None:
    make.team("other")
    make.service()
    people.create_program(make.act(), make.team(), name="ci", roles=[Role.VIEWER])
    [row] = admin.get(reverse("teams")).context["rows"]
    team = row["team"]
    assert (team.name, team.people_count, team.program_count, team.service_count) == (make.TEAM, 1, 1, 1)
    assert "approver" in row["roles"]


def test_teams__in_none__says_what_to_do(db: None) -> None:
    page = logged_in(make.outsider()).get(reverse("teams")).content.decode()
    assert "You are in no team" in page
    assert reverse("team-create") not in page


def test_teams__administrator__sees_all_and_creates_one(root: Client) -> None:
    make.team("other")
    assert [row["team"].name for row in root.get(reverse("teams")).context["rows"]] == ["other"]
    made = root.post(reverse("team-create"), {"name": "Payments"})
    assert made["Location"] == reverse("team", args=[Team.objects.get(name="Payments").pk])
    assert root.post(reverse("team-create"), {"name": "Payments"}).status_code == 409


@pytest.mark.parametrize("name", ["", " ", "a\0b", "x" * 65, "line\nbreak"])
def test_team_create__bad_name__is_an_error_at_the_field(root: Client, name: str) -> None:
    response = root.post(reverse("team-create"), {"name": name})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"name"}


def test_teams__many__take_no_more_queries(root: Client, django_assert_num_queries) -> None:
    for number in range(15):
        make.team(f"t{number:02}")
    with django_assert_num_queries(5):  # session, user, roles, count, rows
        root.get(reverse("teams"))


def test_team__many_members_and_groups__take_no_more_queries(
    admin: Client, django_assert_num_queries
) -> None:
    for number in range(10):
        bob = make.user(f"bob{number}", Role.APPROVER)
        teams.set_group(make.act(), make.team(), name=f"G{number}", members=[bob])
    page = url("team")
    # session, user, roles, team, people, programs, groups, members, invitations open and over
    with django_assert_num_queries(10):
        admin.get(page)


def test_team__viewer__reads_it_and_is_told_why_he_may_not_change_it(admin: Client) -> None:
    page = logged_in(make.user("vic", Role.VIEWER)).get(url("team")).content.decode()
    assert "vic may not administer team shop-team: that needs admin in team shop-team" in page
    assert url("team-invite") not in page
    assert "Invitations" not in page
    assert url("team-invite") in admin.get(url("team")).content.decode()


def test_member_add__somebody_with_an_account__joins(admin: Client) -> None:
    charlie = make.outsider()
    form = {"username": "charlie", "roles": ["viewer", "approver"]}
    assert admin.post(url("team-member-add"), form)["Location"] == url("team")
    assert roles_of(charlie) == ["approver", "viewer"]
    assert AuditEntry.objects.filter(action="team.roles", by__username="alice", source="page").exists()


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"username": "nobody", "roles": ["viewer"]}, "username"),
        ({"username": "alice", "roles": ["viewer"]}, "username"),
        ({"username": "ci", "roles": ["viewer"]}, "username"),
        ({"username": "closed", "roles": ["viewer"]}, "username"),
        ({"username": "a\0b", "roles": ["viewer"]}, "username"),
        ({"username": "charlie", "roles": []}, "roles"),
        ({"username": "charlie", "roles": ["emperor"]}, "roles"),
    ],
)
def test_member_add__bad__is_an_error_at_the_field(
    admin: Client, form: dict[str, object], field: str
) -> None:
    make.outsider()
    User.objects.create_user("closed", is_active=False)
    people.create_program(make.act(), make.team("other"), name="ci", roles=[Role.VIEWER])
    response = admin.post(url("team-member-add"), form)
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}


def test_member__new_roles__are_saved(admin: Client) -> None:
    bob = make.user("bob", Role.VIEWER)
    assert admin.get(url("team-member", bob.pk)).context["form"].initial == {"roles": ["viewer"]}
    admin.post(url("team-member", bob.pk), {"roles": ["break-glass", "viewer"]})
    assert roles_of(bob) == ["break-glass", "viewer"]


def test_member__last_admin__is_refused_in_place(admin: Client) -> None:
    alice = make.user()
    response = admin.post(url("team-member", alice.pk), {"roles": ["viewer"]})
    assert response.status_code == 409
    assert "only admin of team" in str(response.context["form"].errors["roles"])
    removed = admin.post(url("team-member-remove", alice.pk), headers=HTMX)
    assert (removed.status_code, "only admin of team" in removed.content.decode()) == (409, True)
    assert "admin" in roles_of(alice)


def test_member__of_another_team__is_not_found(admin: Client) -> None:
    eve = make.user("eve", Role.ADMIN, of="other")
    assert admin.get(url("team-member", eve.pk)).status_code == 404
    assert admin.post(url("team-member-remove", eve.pk)).status_code == 404
    assert logged_in(eve).get(url("team-member", make.user().pk)).status_code == 404


def test_member_remove__person__sees_the_team_no_more(admin: Client) -> None:
    bob = logged_in(make.user("bob", Role.VIEWER))
    assert bob.get(url("team")).status_code == 200
    assert admin.post(url("team-member-remove", make.user("bob").pk))["Location"] == url("team")
    assert bob.get(url("team")).status_code == 404


def test_group__made_changed_deleted__shows_each(admin: Client) -> None:
    bob = make.user("bob", Role.APPROVER)
    admin.post(url("team-group-create"), {"name": "Security", "members": [bob.pk]})
    group = make.team().groups.get()
    assert [member.username for member in group.members.all()] == ["bob"]
    assert admin.get(url("team-group", group.pk)).context["form"].initial == {"members": [bob.pk]}
    admin.post(url("team-group", group.pk), {"members": []})
    assert "Nobody: what asks for it cannot be approved" in admin.get(url("team")).content.decode()
    assert admin.post(url("team-group-create"), {"name": "Security"}).status_code == 409
    admin.post(url("team-group-delete", group.pk))
    assert not make.team().groups.exists()
    assert admin.post(url("team-group-delete", group.pk)).status_code == 404


def test_group_create__stranger__is_an_error_at_the_field(admin: Client) -> None:
    form = {"name": "Security", "members": [make.outsider().pk]}
    response = admin.post(url("team-group-create"), form)
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"members"}


def test_program_create__valid__leads_to_its_keys(admin: Client) -> None:
    response = admin.post(url("team-program-create"), {"name": "ci", "roles": ["developer"]})
    ci = User.objects.get(username="ci")
    assert ci.is_program
    assert response["Location"] == url("program-keys", ci.pk)
    assert admin.post(url("team-program-create"), {"name": "ci", "roles": ["viewer"]}).status_code == 409


@pytest.mark.parametrize("role", ["approver", "admin", "break-glass"])
def test_program_create__role_that_takes_a_person__is_no_choice(admin: Client, role: str) -> None:
    response = admin.post(url("team-program-create"), {"name": "ci", "roles": [role]})
    assert response.status_code == 422
    assert not User.objects.filter(username="ci").exists()


def test_member_remove__service_account__is_retired(admin: Client) -> None:
    ci = people.create_program(make.act(), make.team(), name="ci", roles=[Role.VIEWER])
    admin.post(url("team-member-remove", ci.pk))
    assert not User.objects.get(username="ci").is_active


def test_people__administrator__closes_and_opens_an_account(root: Client) -> None:
    bob = make.user("bob", Role.VIEWER)
    his = logged_in(bob)
    assert root.post(reverse("person-deactivate", args=[bob.pk]))["Location"] == reverse("people")
    assert his.get(reverse("teams")).status_code == 302
    assert "closed" in root.get(reverse("people")).content.decode()
    root.post(reverse("person-reactivate", args=[bob.pk]))
    assert logged_in(bob).get(reverse("teams")).status_code == 200


def test_person_deactivate__last_admin_or_administrator__is_refused(root: Client) -> None:
    for somebody in (make.user(), User.objects.get(username="root")):
        response = root.post(reverse("person-deactivate", args=[somebody.pk]), headers=HTMX)
        assert response.status_code == 409
        assert f"{somebody.username.capitalize()} is the only admin" in response.content.decode()


def test_person_deactivate__service_account__is_not_found(root: Client) -> None:
    ci = people.create_program(make.act(), make.team(), name="ci", roles=[Role.VIEWER])
    assert root.post(reverse("person-deactivate", args=[ci.pk])).status_code == 404


def test_people__many__take_no_more_queries(root: Client, django_assert_num_queries) -> None:
    for number in range(15):
        make.user(f"bob{number}", Role.VIEWER)
    with django_assert_num_queries(6):  # session, user, roles, count, people, memberships
        root.get(reverse("people"))
