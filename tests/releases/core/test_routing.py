from __future__ import annotations

import math
import random
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core.parameters import MAX_READ, Attributes, Parameter, Source
from releases.core.policies import Canary, Die, Even, Policy, Split, Sticky
from releases.core.routing import Decision, compile_policy
from releases.core.rules import MAX_RULES, MAX_VALUE, Combiner, Operator, Rule, Rules, make_rule
from tests.releases.core.strategies import CALLS, PERCENT_RULES, POLICIES, RULES, WILD_CALLS, call

DRAWS = st.floats(0, 1, exclude_max=True)
JUST_BELOW_ONE = math.nextafter(1, 0)
ANY = call()
UID = Parameter(Source.HEADER, "X-Uid")
SALT = "alias1"


def never() -> float:
    raise AssertionError("this policy needs no draw")


def decide(policy: Policy, attributes: Attributes = ANY, draw: float = 0.5) -> Decision:
    return compile_policy(policy, salt=SALT, draw=lambda: draw)(attributes)


def weighted(weight_bp: int, split: Split = Die()) -> Policy:  # noqa: B008 - it is frozen
    return Policy(1, Canary(2, weight_bp), split)


def by_rules(*items: Rule, combiner: Combiner = Combiner.ALL) -> Policy:
    return Policy(1, Canary(2, 100), Rules(combiner, items))


@pytest.mark.parametrize("policy", [Policy(7), Policy(7, Canary(7, 5000))])
def test_decide__nothing_to_split__primary_without_a_draw(policy: Policy) -> None:
    assert compile_policy(policy, salt=SALT, draw=never)(ANY) == Decision(7, "primary")


@pytest.mark.parametrize("split", [Die(), Even(), Sticky(UID)])
@pytest.mark.parametrize(("weight_bp", "version"), [(0, 1), (10_000, 2)])
def test_decide__weight_none_or_all__exact_without_a_draw(weight_bp: int, version: int, split: Split) -> None:
    decider = compile_policy(weighted(weight_bp, split), salt=SALT, draw=never)
    assert decider(ANY) == Decision(version, "exact")


@pytest.mark.parametrize(
    ("draw", "version"), [(0.0, 2), (math.nextafter(0.3, 0), 2), (0.3, 1), (JUST_BELOW_ONE, 1)]
)
def test_decide__draw_around_the_weight__canary_strictly_below(draw: float, version: int) -> None:
    assert decide(weighted(3000), draw=draw) == Decision(version, f"die {int(draw * 1_000_000)}")


@given(st.integers(0, 10_000), DRAWS)
def test_decide__any_weight_and_draw__canary_if_and_only_if_below(weight_bp: int, draw: float) -> None:
    point = int(draw * 1_000_000)  # what is drawn is a millionth, and kept as such
    assert (decide(weighted(weight_bp), draw=draw).version == 2) == (point < weight_bp * 100)


@given(st.integers(0, 10_000), st.integers(0, 10_000), DRAWS)
def test_decide__weight_raised__no_call_leaves_the_canary(one: int, other: int, draw: float) -> None:
    low, high = sorted((one, other))
    assert decide(weighted(low), draw=draw).version <= decide(weighted(high), draw=draw).version


def test_decide__seeded_die__share_near_the_weight() -> None:
    decider = compile_policy(weighted(3000), salt=SALT, draw=random.Random(1).random)
    canary_calls = sum(decider(ANY).version == 2 for _ in range(20_000))
    assert abs(canary_calls - 6000) < 5 * math.sqrt(20_000 * 0.3 * 0.7)


# Keys -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("key", "drawn"), [("user-1", 8793), ("user-2", 8192), ("alice", 6918)])
def test_decide__sticky_published_vectors__bucket_below_the_weight(key: str, drawn: int) -> None:
    policy = weighted(8192, Sticky(UID))
    decision = decide(policy, call(headers={"x-uid": key}))
    assert (decision.version, decision.reason) == (2 if drawn < 8192 else 1, f"sticky {drawn}")
    assert decision.unit % 10_000 == drawn


@given(st.text(max_size=300), st.integers(0, 10_000), st.integers(0, 10_000))
def test_decide__sticky_weight_raised__no_key_leaves_the_canary(key: str, one: int, other: int) -> None:
    low, high = sorted((one, other))
    attributes = Attributes({b"x-uid": key.encode("utf-8", "replace")})
    before = decide(weighted(low, Sticky(UID)), attributes)
    after = decide(weighted(high, Sticky(UID)), attributes)
    assert before.version <= after.version


@given(PERCENT_RULES, CALLS, st.integers(1, 100))
def test_decide__percentage_raised__no_value_leaves_the_canary(
    rule: Rule, seen: Attributes, more: int
) -> None:
    raised = replace(rule, value=str(max(rule.percent, more)))
    assert decide(by_rules(rule), seen).version <= decide(by_rules(raised), seen).version


def test_decide__sticky_without_the_key__draws() -> None:
    policy = weighted(3000, Sticky(UID))
    assert decide(policy, draw=0.29) == Decision(2, "keyless 290000")
    assert decide(policy, draw=0.31) == Decision(1, "keyless 310000")


# Rules ------------------------------------------------------------------------------------------------------


def test_decide__event_call__rules_do_not_act() -> None:
    rule = Rule(UID, Operator.EQUAL, "42")
    event = Attributes({b"x-uid": b"42"}, http=False)
    assert decide(by_rules(rule), event) == Decision(1, "event")
    assert decide(by_rules(rule), call(headers={"X-UID": "42"})) == Decision(2, "rules T")


@pytest.mark.parametrize(
    ("operator", "value", "order", "sent", "met"),
    [
        ("=", "42", "text", "42", True),
        ("!=", "42", "text", "43", True),
        (">", "9", "text", "10", False),  # text: 10 sorts before 9
        (">", "9", "number", "10", True),
        (">=", "1.9.0", "version", "v1.10", True),
        ("<", "2.0.0", "version", "2.0.0-rc.1", True),
        (">", "9", "number", "ten", False),
        ("!=", "9", "number", "ten", False),
        ("=", "10", "number", "10.0", True),
        ("in", "a, b ,c", "text", "b", True),
        ("in", "a, b ,c", "text", "a, b", False),
    ],
)
def test_decide__each_operator__as_published(
    operator: str, value: str, order: str, sent: str, met: bool
) -> None:
    rule = make_rule("Header", "x-uid", operator, value, order)
    decision = decide(by_rules(rule), call(headers={"x-uid": sent}))
    assert decision == Decision(2 if met else 1, f"rules {'T' if met else 'F'}")


@pytest.mark.parametrize("operator", list(Operator))
def test_decide__parameter_missing__no_condition_is_met(operator: Operator) -> None:
    assert decide(by_rules(Rule(UID, operator, "1"))) == Decision(1, "rules -")


def test_decide__repeated_query_and_cookie__the_first_counts() -> None:
    query = Rule(Parameter(Source.QUERY, "u"), Operator.EQUAL, "1")
    cookie = Rule(Parameter(Source.COOKIE, "u"), Operator.EQUAL, "1")
    twice = Attributes({b"cookie": b"u=1; u=2"}, b"u=1&u=2")
    assert decide(by_rules(query, cookie), twice) == Decision(2, "rules TT")


@given(RULES, CALLS)
def test_decide__all_and_any__as_their_names_say(rules: Rules, seen: Attributes) -> None:
    each = [decide(by_rules(rule), seen).version == 2 for rule in rules.items]
    assert (decide(by_rules(*rules.items), seen).version == 2) == all(each)
    assert (decide(by_rules(*rules.items, combiner=Combiner.ANY), seen).version == 2) == any(each)


@given(RULES, CALLS, st.randoms())
def test_decide__rules_in_another_order__same_version(
    rules: Rules, seen: Attributes, chance: random.Random
) -> None:
    shuffled = list(rules.items)
    chance.shuffle(shuffled)
    one = decide(Policy(1, Canary(2, 100), rules), seen)
    assert (
        decide(Policy(1, Canary(2, 100), Rules(rules.combiner, tuple(shuffled))), seen).version == one.version
    )


@given(POLICIES, WILD_CALLS)
def test_decide__any_policy_and_request__a_version_of_the_policy_and_a_short_reason(
    policy: Policy, seen: Attributes
) -> None:
    decision = decide(policy, seen)
    assert decision.version in policy.versions
    assert 0 < len(decision.reason) <= 200
    assert 0 <= decision.unit < 2**64


def test_decide__as_many_and_as_long_as_allowed__within_the_stated_worst_case() -> None:
    items = tuple(
        Rule(Parameter(Source.QUERY, f"p{n}"), Operator.IN, ",".join("ab" * (MAX_VALUE // 4)))
        for n in range(MAX_RULES)
    )
    decider = compile_policy(by_rules(*items), salt=SALT, draw=never)
    hostile = b"&".join(b"%" * 9 for _ in range(10_000))
    started = time.process_time()
    decider(Attributes({b"cookie": b";=" * 32_000}, hostile))
    assert len(hostile) > 10 * MAX_READ
    assert time.process_time() - started < 0.1


def test_routing__imported_by_the_gateway__brings_neither_scipy_nor_django() -> None:
    program = "import sys, releases.core.routing as r; print(sorted({'scipy', 'django'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
