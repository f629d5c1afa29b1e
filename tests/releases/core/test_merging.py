from __future__ import annotations

from hypothesis import given

from releases.core.merging import columns, rebased
from releases.core.policies import Canary, Even, Policy
from tests.releases.core.strategies import POLICIES

BASE = Policy(1, Canary(2, 3000))


def test_rebased__other_fields_moved__both_changes_stand() -> None:
    live, mine = Policy(1, Canary(2, 3000), Even()), Policy(1, Canary(2, 6000))
    assert rebased(base=BASE, live=live, mine=mine) == Policy(1, Canary(2, 6000), Even())
    assert [(field.label, field.conflict) for field in columns(base=BASE, live=live, mine=mine)] == [
        ("Weight", False),
        ("Canary type", False),
    ]


def test_rebased__same_field_moved__three_columns_and_no_merge() -> None:
    live, mine = Policy(1, Canary(2, 4000)), Policy(1, Canary(2, 6000))
    assert rebased(base=BASE, live=live, mine=mine) is None
    (weight,) = columns(base=BASE, live=live, mine=mine)
    assert (weight.base, weight.live, weight.mine, weight.conflict) == ("30%", "40%", "60%", True)


def test_rebased__canary_gone_meanwhile__no_half_canary() -> None:
    assert rebased(base=BASE, live=Policy(1), mine=Policy(1, Canary(3, 3000))) is None


@given(POLICIES, POLICIES)
def test_rebased__only_one_side_moved__that_side(base: Policy, other: Policy) -> None:
    assert rebased(base=base, live=base, mine=other) == other
    assert rebased(base=base, live=other, mine=base) == other


@given(POLICIES, POLICIES, POLICIES)
def test_rebased__any_three__never_what_nobody_wanted(base: Policy, live: Policy, mine: Policy) -> None:
    merged = rebased(base=base, live=live, mine=mine)
    if merged is not None:
        assert merged.primary in {live.primary, mine.primary}
        assert merged.split in (live.split, mine.split)
