from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core.rights import ROLES, Action, Allowed, Denied, Owned, Person, Role, can

SHOP = Owned("shop-team", "service shop")
# Written out, not computed: the table that a team's members are promised.
MAY = {
    Role.VIEWER: {Action.VIEW},
    Role.DEVELOPER: {Action.VIEW, Action.EDIT, Action.PUBLISH, Action.INVOKE},
    Role.RELEASER: {Action.VIEW, Action.INVOKE, Action.RELEASE},
    Role.APPROVER: {Action.VIEW, Action.APPROVE},
    Role.ADMIN: {
        Action.VIEW,
        Action.EDIT,
        Action.PUBLISH,
        Action.INVOKE,
        Action.RELEASE,
        Action.ADMINISTER,
    },
    Role.BREAK_GLASS: {Action.VIEW, Action.BREAK_GLASS},
}
ROLE_SETS = st.frozensets(st.sampled_from(Role))


def alice(*roles: Role, active: bool = True, team: str = "shop-team", administrator: bool = False) -> Person:
    return Person("alice", active, {team: frozenset(roles)}, administrator)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_can__one_role__exactly_what_it_promises(role: Role, action: Action) -> None:
    assert bool(can(alice(role), action, SHOP)) == (action in MAY[role])


@given(ROLE_SETS, ROLE_SETS, st.sampled_from(Action))
def test_can__several_roles__whatever_any_of_them_lets(
    one: frozenset[Role], other: frozenset[Role], action: Action
) -> None:
    together = can(alice(*one, *other), action, SHOP)
    assert bool(together) == any(bool(can(alice(*each), action, SHOP)) for each in (one, other))


@pytest.mark.parametrize("action", Action)
def test_can__roles_in_another_team__do_not_count(action: Action) -> None:
    assert not can(alice(*Role, team="pay-team"), action, SHOP)


@pytest.mark.parametrize("action", Action)
def test_can__deactivated_person__denied_with_the_reason(action: Action) -> None:
    answer = can(alice(*Role, active=False, administrator=True), action, SHOP)
    assert answer == Denied(f"alice may not {action.value} service shop: the account is deactivated.")


@pytest.mark.parametrize("action", Action)
def test_can__administrator_without_roles__sees_and_administers_only(action: Action) -> None:
    person = Person("root", True, {}, administrator=True)
    assert bool(can(person, action, SHOP)) == (action in {Action.VIEW, Action.ADMINISTER})


def test_can__role_missing__says_which_and_where() -> None:
    answer = can(alice(Role.VIEWER), Action.RELEASE, SHOP)
    assert answer == Denied(
        "alice may not release service shop: that needs admin or releaser in team shop-team, "
        "and the roles there are viewer."
    )
    assert can(alice(Role.RELEASER), Action.RELEASE, SHOP) == Allowed()


@pytest.mark.parametrize("action", Action)
def test_teams__for_an_action__those_whose_roles_let(action: Action) -> None:
    person = Person("alice", True, {"a": frozenset(ROLES[action]), "b": frozenset()})
    assert person.teams(action) == {"a"}
    assert Person("alice", False, person.roles).teams(action) == set()
