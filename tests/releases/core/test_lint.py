from __future__ import annotations

import pytest
from hypothesis import given

from releases.core.lint import Facts, Seen, lint
from releases.core.parameters import Attributes, Parameter, Source
from releases.core.policies import Canary, Policy, Sticky
from releases.core.routing import compile_policy
from releases.core.rules import Combiner, Rule, Rules, make_rule
from tests.releases.core.strategies import CALLS, RULES, call

UID = Parameter(Source.HEADER, "x-uid")
NOTHING = Facts()


def codes(policy: Policy, facts: Facts = NOTHING) -> list[str]:
    return [finding.code for finding in lint(policy, facts)]


def ruled(*rules: tuple[str, ...], combiner: Combiner = Combiner.ALL) -> Policy:
    return Policy(1, Canary(2, 100), Rules(combiner, tuple(header(*rule) for rule in rules)))


def header(operator: str, value: str, order: str = "text") -> Rule:
    return make_rule("Header", "x-uid", operator, value, order)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy(1), []),
        (Policy(1, Canary(2, 3000)), []),
        (Policy(1, Canary(1, 3000)), ["same-version"]),
        (Policy(2, Canary(1, 3000)), ["older-canary"]),
        (Policy(1, Canary(2, 0)), ["no-weight"]),
        (Policy(1, Canary(2, 10_000)), ["all-weight"]),
        (ruled(("=", "42")), []),
        (ruled((">", "9")), ["text-order"]),
        (ruled((">", "9", "number")), []),
        (ruled((">", "1.9.0")), ["text-order"]),
        (ruled((">", "beta")), []),
        (ruled(("=", "a"), ("=", "a")), ["repeated"]),
        (ruled(("=", "a"), ("=", "b")), ["never-true"]),
        (ruled(("in", "a,b"), ("=", "b")), []),
        (ruled(("in", "a,b"), ("!=", "a"), ("!=", "b")), ["never-true"]),
        (ruled((">", "5", "number"), ("<", "5", "number")), ["never-true"]),
        (ruled((">=", "5", "number"), ("<=", "5", "number")), []),
        (ruled(("=", "a"), ("!=", "a"), combiner=Combiner.ANY), ["always-true"]),
        (ruled((">=", "b"), ("<=", "b"), combiner=Combiner.ANY), ["always-true"]),
        (ruled((">", "b"), ("<", "b"), combiner=Combiner.ANY), []),
        (ruled(("=", "5", "number"), ("=", "6.0", "number")), ["never-true"]),
        (ruled(("=", "5", "number"), ("=", "5.0", "number")), []),
        (ruled((">", "5", "number"), ("=", "5", "number")), ["never-true"]),
        (ruled(("!=", "a"), ("in", "a,b"), combiner=Combiner.ANY), ["always-true"]),
        (ruled(("!=", "a"), ("<", "3", "number"), combiner=Combiner.ANY), []),
        (ruled(("!=", "1"), ("<", "3", "number"), combiner=Combiner.ANY), ["always-true"]),
        (ruled(("=", "pro ")), ["blanks"]),
    ],
)
def test_lint__each_oddity__found_with_a_mend(policy: Policy, expected: list[str]) -> None:
    assert codes(policy) == expected
    assert all(finding.text and finding.mend for finding in lint(policy, NOTHING))


def test_lint__facts_about_service_and_traffic__found() -> None:
    facts = Facts(has_http_functions=False, identical_versions=True)
    assert codes(ruled(("=", "a")), facts) == ["identical", "no-http"]
    sticky = Policy(1, Canary(2, 3000), Sticky(UID))
    assert codes(sticky, _seen(calls=500, present=0, distinct=0, commonest=0)) == ["never-seen"]
    assert codes(sticky, _seen(calls=500, present=400, distinct=1, commonest=400)) == ["constant-key"]
    assert codes(sticky, _seen(calls=500, present=400, distinct=9, commonest=300)) == ["hot-key"]
    assert codes(sticky, _seen(calls=500, present=400, distinct=300, commonest=9)) == []
    assert codes(sticky, _seen(calls=9, present=0, distinct=0, commonest=0)) == []


def _seen(**counts: int) -> Facts:
    return Facts(seen={UID: Seen(**counts)})


@given(RULES, CALLS)
def test_lint__never_true__no_call_proves_it_wrong(rules: Rules, seen: Attributes) -> None:
    policy = Policy(1, Canary(2, 100), Rules(Combiner.ALL, rules.items))
    if "never-true" in codes(policy):
        assert compile_policy(policy, salt="", draw=lambda: 0.0)(seen).version == 1


def test_lint__every_number_met__speaks_of_numbers_alone() -> None:
    policy = ruled((">=", "18", "number"), ("<", "18", "number"), combiner=Combiner.ANY)
    [finding] = lint(policy, NOTHING)
    assert finding.text.startswith("Every call whose header x-uid is a number meets one of its rules")


def test_lint__header_in_two_spellings__is_one_parameter() -> None:
    lower, upper = (make_rule("Header", name, "=", "a") for name in ("x-uid", "X-Uid"))
    other = make_rule("Header", "X-UID", "=", "b")
    assert codes(Policy(1, Canary(2, 100), Rules(Combiner.ALL, (lower, upper)))) == ["repeated"]
    assert codes(Policy(1, Canary(2, 100), Rules(Combiner.ALL, (lower, other)))) == ["never-true"]


def test_lint__blank_around_the_value_of_a_query__may_be_meant() -> None:
    rule = make_rule("Query", "q", "=", " a")
    assert codes(Policy(1, Canary(2, 100), Rules(Combiner.ALL, (rule,)))) == []


@given(RULES)
def test_lint__always_true__a_call_with_each_parameter_meets_a_rule(rules: Rules) -> None:
    policy = Policy(1, Canary(2, 100), Rules(Combiner.ANY, rules.items))
    found = [finding.text for finding in lint(policy, NOTHING) if finding.code == "always-true"]
    names = {rule.parameter.key for rule in rules.items}
    for value in ("1", "9", "10") if found else ():
        assert decided(policy, names, value) == 2
    if any(" that has " in text for text in found):
        for value in ("a", "b", "1.10", ""):
            assert decided(policy, names, value) == 2


def decided(policy: Policy, names: set[str], value: str) -> int:
    """The version of a call that has this value everywhere."""
    every = dict.fromkeys(names, value)
    seen = call(headers=every, cookies=every, query="&".join(f"{name}={value}" for name in names))
    return compile_policy(policy, salt="", draw=lambda: 0.0)(seen).version
