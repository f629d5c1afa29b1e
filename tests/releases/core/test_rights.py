from __future__ import annotations

import pytest

from releases.core.rights import Action, Allowed, Denied, Person, can


@pytest.mark.parametrize("action", Action)
def test_can__active_person__allowed(action: Action) -> None:
    answer = can(Person("alice", active=True), action, "alias1")
    assert answer == Allowed()
    assert answer


@pytest.mark.parametrize("action", Action)
def test_can__deactivated_person__denied_with_the_reason(action: Action) -> None:
    answer = can(Person("charlie", active=False), action, "alias1")
    assert answer == Denied(f"charlie may not {action.value} alias1: the account is deactivated.")
    assert not answer
