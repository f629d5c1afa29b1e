"""Two snapshots of a service side by side. Of environment variables only names and what became of them:
a value may be a secret, so none leaves this module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .fields import Field


class State(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A function as a snapshot has it. `settings` are names and values in words, `code` names the package."""

    name: str
    settings: Mapping[str, str]
    environment: Mapping[str, str]
    code: str


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable and what became of it, without its value."""

    name: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionChange:
    name: str
    state: State
    settings: tuple[Field, ...]
    environment: tuple[Variable, ...]
    code: State


def compare(old: Iterable[Snapshot], new: Iterable[Snapshot]) -> list[FunctionChange]:
    """What became of every function that either snapshot has, by name."""
    before = {function.name: function for function in old}
    after = {function.name: function for function in new}
    return [_function(before.get(name), after.get(name)) for name in sorted(before.keys() | after.keys())]


def _function(old: Snapshot | None, new: Snapshot | None) -> FunctionChange:
    some = new or old
    if some is None:
        raise ValueError("a function of neither snapshot")
    settings = _settings(old.settings if old else {}, new.settings if new else {})
    environment = _environment(old.environment if old else {}, new.environment if new else {})
    code = _state(old.code if old else None, new.code if new else None)
    parts = {code, *(variable.state for variable in environment)}
    alike = parts <= {State.SAME} and not any(setting.changed for setting in settings)
    state = State.SAME if alike else State.CHANGED
    if old is None or new is None:
        state = State.ADDED if old is None else State.REMOVED
    return FunctionChange(name=some.name, state=state, settings=settings, environment=environment, code=code)


def _settings(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Field, ...]:
    names = dict.fromkeys([*old, *new])
    return tuple(Field(name, old.get(name, ""), new.get(name, "")) for name in names)


def _environment(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Variable, ...]:
    return tuple(
        Variable(name, _state(old.get(name), new.get(name))) for name in sorted(old.keys() | new.keys())
    )


def _state(old: str | None, new: str | None) -> State:
    if old == new:
        return State.SAME
    if old is None or new is None:
        return State.ADDED if old is None else State.REMOVED
    return State.CHANGED
