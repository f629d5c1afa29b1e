from __future__ import annotations

from releases.core.moves import roll_back, switch_all
from releases.core.policies import Canary, Policy

SPLIT = Policy(1, Canary(2, 3000))


def test_switch_all__canary__becomes_the_only_version() -> None:
    assert switch_all(SPLIT) == Policy(2)


def test_switch_all__no_canary__no_move() -> None:
    assert switch_all(Policy(1)) is None


def test_roll_back__while_a_canary_runs__primary_alone_whatever_came_before() -> None:
    assert roll_back(SPLIT, [Policy(9)]) == Policy(1)


def test_roll_back__after_the_switch__newest_other_primary_without_its_split() -> None:
    assert roll_back(Policy(2), [Policy(2), SPLIT, Policy(7)]) == Policy(1)


def test_roll_back__no_other_version_ever_served__no_move() -> None:
    assert roll_back(Policy(2), [Policy(2, Canary(3, 100)), Policy(2)]) is None
