from __future__ import annotations

from releases.core.moves import roll_back, switch_all
from releases.core.policies import Canary, Policy

SPLIT = Policy(1, Canary(2, 3000))


def test_switch_all__with_a_canary__leaves_it_alone_as_primary() -> None:
    assert switch_all(SPLIT) == Policy(2)


def test_switch_all__without_a_canary__is_nothing() -> None:
    assert switch_all(Policy(1)) is None


def test_roll_back__canary_running__is_the_primary_alone() -> None:
    assert roll_back(SPLIT, []) == Policy(1)


def test_roll_back__after_several_revisions_of_one_primary__finds_the_one_before() -> None:
    assert roll_back(Policy(3), [Policy(3), SPLIT, Policy(1)]) == Policy(1)


def test_roll_back__earlier_split_named_the_current_version_as_canary__sends_it_nothing() -> None:
    assert roll_back(Policy(2), [SPLIT]) == Policy(1)


def test_roll_back__no_other_primary_before__is_nothing() -> None:
    assert roll_back(Policy(1), [Policy(1)]) is None
