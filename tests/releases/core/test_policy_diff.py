from __future__ import annotations

from collections import Counter

from hypothesis import given

from releases.core import policy_diff
from releases.core.fields import Field
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy
from releases.core.policy_diff import Mark, RuleLine
from releases.core.rules import Combiner, Operator, Rule, Rules
from tests.releases.core.strategies import POLICIES

UID = Parameter(Source.HEADER, "x-uid")
ALICE, BOB = Rule(UID, Operator.EQUAL, "alice"), Rule(UID, Operator.EQUAL, "bob")
WEIGHED = Policy(1, Canary(2, 3000))


def by_rule(*rules: Rule, combiner: Combiner = Combiner.ANY) -> Policy:
    return Policy(1, Canary(2, 100), Rules(combiner, rules))


def test_fields__weight_and_canary__stand_beside_each_other() -> None:
    assert policy_diff.fields(Policy(1), WEIGHED) == [
        Field("Primary version", "1", "1"),
        Field("Canary version", "", "2"),
        Field("Canary type", "", "random"),
        Field("Weight", "", "30%"),
    ]


def test_fields__from_weight_to_rules__names_what_each_has() -> None:
    changed = {
        field.name: (field.old, field.new)
        for field in policy_diff.fields(WEIGHED, by_rule(ALICE))
        if field.changed
    }
    assert changed == {
        "Canary type": ("random", "by rule"),
        "Weight": ("30%", ""),
        "Rule pattern": ("", "meet any"),
        "Canary's share of provisioned instances": ("", "1%"),
    }


def test_rules__one_exchanged__is_one_removed_and_one_added() -> None:
    lines = policy_diff.rules(by_rule(ALICE, BOB), by_rule(BOB, Rule(UID, Operator.PERCENT, "5")))
    assert lines == [
        RuleLine("header x-uid = “alice”", Mark.REMOVED),
        RuleLine("header x-uid = “bob”", Mark.KEPT),
        RuleLine("header x-uid in 5% of values", Mark.ADDED),
    ]


def test_rules__same_rule_twice__is_kept_as_often_as_both_have_it() -> None:
    marks = [line.mark for line in policy_diff.rules(by_rule(ALICE, ALICE), by_rule(ALICE))]
    assert marks == [Mark.KEPT, Mark.REMOVED]


@given(POLICIES)
def test_diff__with_itself__has_no_change(policy: Policy) -> None:
    assert not [field for field in policy_diff.fields(policy, policy) if field.changed]
    assert {line.mark for line in policy_diff.rules(policy, policy)} <= {Mark.KEPT}


@given(POLICIES, POLICIES)
def test_diff__the_other_way_round__is_the_mirror_image(old: Policy, new: Policy) -> None:
    forth, back = policy_diff.fields(old, new), policy_diff.fields(new, old)
    assert [(field.name, field.new, field.old) for field in forth] == [
        (field.name, field.old, field.new) for field in back
    ]
    assert _counted(old, new) == {
        (condition, _MIRROR[mark]): n for (condition, mark), n in _counted(new, old).items()
    }


_MIRROR = {Mark.KEPT: Mark.KEPT, Mark.ADDED: Mark.REMOVED, Mark.REMOVED: Mark.ADDED}


def _counted(old: Policy, new: Policy) -> dict[tuple[str, Mark], int]:
    return dict(Counter((line.condition, line.mark) for line in policy_diff.rules(old, new)))
