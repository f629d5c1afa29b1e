"""Who may do what. Pages, API, command line and the apply step all ask `can`, and show its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias


class Action(StrEnum):
    """What can be done to an object, in the words of the reason."""

    VIEW = "view"
    EDIT = "edit"  # services, functions, code, descriptions
    PUBLISH = "publish"  # publish and retire versions
    INVOKE = "invoke"  # test invocations and test runs
    RELEASE = "release"  # move an alias


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts, as far as rights depend on it."""

    name: str
    active: bool


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


Answer: TypeAlias = Allowed | Denied


def can(person: Person, action: Action, obj: object) -> Answer:
    """May `person` do `action` to `obj`? One team: every active person may do everything to everything."""
    if not person.active:
        return Denied(f"{person.name} may not {action} {obj}: the account is deactivated.")
    return Allowed()
