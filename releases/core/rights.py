"""Who may do what. Pages, API, command line and the apply step all ask `can`, and show its reason.

Teams own services. A person has roles in teams, several in each; what is done to a thing is judged by the
roles in the team that owns it. Administrators of the installation see everything and manage teams and people;
to release or to approve they need the roles like everybody else, and giving them to oneself leaves its entry
in the audit log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, TypeAlias


class Role(StrEnum):
    VIEWER = "viewer"
    DEVELOPER = "developer"
    RELEASER = "releaser"
    APPROVER = "approver"
    ADMIN = "admin"
    BREAK_GLASS = "break-glass"


class Action(StrEnum):
    """What can be done to an object, in the words of the reason."""

    VIEW = "view"
    EDIT = "edit"  # services, functions, code, descriptions
    PUBLISH = "publish"  # publish and retire versions
    INVOKE = "invoke"  # test invocations and test runs
    RELEASE = "release"  # propose and apply changes of an alias
    APPROVE = "approve"  # give verdicts on change requests
    BREAK_GLASS = "break the glass of"  # change a protected alias before anybody agreed
    ADMINISTER = "administer"  # members, roles, groups, service accounts, the team's protection


ROLES: Final[Mapping[Action, frozenset[Role]]] = {
    Action.VIEW: frozenset(Role),
    Action.EDIT: frozenset({Role.DEVELOPER, Role.ADMIN}),
    Action.PUBLISH: frozenset({Role.DEVELOPER, Role.ADMIN}),
    Action.INVOKE: frozenset({Role.DEVELOPER, Role.RELEASER, Role.ADMIN}),
    Action.RELEASE: frozenset({Role.RELEASER, Role.ADMIN}),
    Action.APPROVE: frozenset({Role.APPROVER}),
    Action.BREAK_GLASS: frozenset({Role.BREAK_GLASS}),
    Action.ADMINISTER: frozenset({Role.ADMIN}),
}
"""Any of these roles lets a person do it. Nobody approves by being an admin."""

DUTIES: Final[Mapping[Role, str]] = {
    Role.VIEWER: "Sees services, functions, versions, aliases, calls and changes.",
    Role.DEVELOPER: "Edits services, functions and code, publishes versions, runs tests.",
    Role.RELEASER: "Proposes and applies changes of aliases, rolls back, runs tests.",
    Role.APPROVER: "Gives verdicts on change requests. No other role does, admin neither.",
    Role.ADMIN: "Manages members, roles, groups and service accounts; edits, tests and releases too.",
    Role.BREAK_GLASS: "May change a protected alias before anybody agreed, and has to account for it.",
}
"""What each role lets somebody do, in one line."""

OF_PROGRAMS: Final = frozenset({Role.VIEWER, Role.DEVELOPER, Role.RELEASER})
"""What a service account can be. To agree, to answer for a team or for an emergency takes a person."""

_OF_ADMINISTRATORS: Final = frozenset({Action.VIEW, Action.ADMINISTER})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts, as far as rights depend on it. `roles` maps the names of teams to roles in them."""

    name: str
    active: bool
    roles: Mapping[str, frozenset[Role]] = field(default_factory=dict)
    administrator: bool = False

    def teams(self, action: Action) -> frozenset[str]:
        """The teams whose things he may do this to. Administrators see more: ask `can`."""
        if not self.active:
            return frozenset()
        return frozenset(team for team, roles in self.roles.items() if roles & ROLES[action])


@dataclass(frozen=True, slots=True)
class Owned:
    """A thing, by the name of the team that owns it; `label` says what it is, for the reason."""

    team: str
    label: str


@dataclass(frozen=True, slots=True)
class Allowed:
    def __bool__(self) -> Literal[True]:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """No, and a sentence that says why."""

    reason: str

    def __bool__(self) -> Literal[False]:
        return False


ALLOWED: Final = Allowed()
Answer: TypeAlias = Allowed | Denied


def can(person: Person, action: Action, thing: Owned) -> Answer:
    """May `person` do `action` to `thing`?"""
    if not person.active:
        return Denied(f"{_what(person, action, thing)}: the account is deactivated.")
    if person.administrator and action in _OF_ADMINISTRATORS:
        return ALLOWED
    roles = person.roles.get(thing.team, frozenset())
    if not roles.isdisjoint(ROLES[action]):
        return ALLOWED
    what = _what(person, action, thing)
    needed = " or ".join(sorted(ROLES[action])) if action is not Action.VIEW else "a role"
    return Denied(f"{what}: that needs {needed} in team {thing.team}{_has(roles)}.")


def _what(person: Person, action: Action, thing: Owned) -> str:
    return f"{person.name} may not {action} {thing.label}"


def _has(roles: frozenset[Role]) -> str:
    return f", and the roles there are {', '.join(sorted(roles))}" if roles else ""
