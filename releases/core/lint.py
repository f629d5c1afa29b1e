"""What is odd about a policy that is legal: each finding with its mend.

Findings never refuse; the panel shows them as the policy is typed, and a protection may ask for none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from .orders import Order, as_number, as_version, sort_key
from .parameters import Parameter, Source
from .policies import WHOLE_BP, Policy, Sticky
from .policy_words import condition
from .recording import folded
from .routing import matcher
from .rules import Combiner, Operator, Rule, Rules

_NEGATED: Final = {
    Operator.EQUAL: Operator.NOT_EQUAL,
    Operator.NOT_EQUAL: Operator.EQUAL,
    Operator.GREATER: Operator.AT_MOST,
    Operator.AT_MOST: Operator.GREATER,
    Operator.LESS: Operator.AT_LEAST,
    Operator.AT_LEAST: Operator.LESS,
}
_LOWER: Final = {Operator.GREATER, Operator.AT_LEAST}
_UPPER: Final = {Operator.LESS, Operator.AT_MOST}
_EXACT: Final = {Operator.EQUAL, Operator.NOT_EQUAL}
_FEW_CALLS: Final = 100  # recorded calls below which a parameter's absence says nothing
_HOT: Final = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names the kind; `text` says what is odd and `mend` what to do about it."""

    code: str
    text: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What recorded calls had of one parameter: how many had it, and how often its commonest value came."""

    calls: int
    present: int
    distinct: int
    commonest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the linter may know beyond the policy. Unknown facts find nothing.

    `seen` has parameters in one spelling (`releases.core.recording.folded`).
    """

    has_http_functions: bool = True
    identical_versions: bool = False
    seen: Mapping[Parameter, Seen] = field(default_factory=dict)


def lint(policy: Policy, facts: Facts) -> list[Finding]:
    """Everything that is odd, in the order of the panel."""
    canary = policy.canary
    if canary is None:
        return []
    found = _versions(policy, canary.version, facts)
    if isinstance(policy.split, Rules):
        found += _rules(policy.split, facts)
    else:
        found += _weight(canary.weight_bp)
    return found + _recorded(policy, facts)


def _versions(policy: Policy, canary: int, facts: Facts) -> list[Finding]:
    if canary == policy.primary:
        text = f"The canary is the primary version, {canary}: nothing is split."
        return [Finding("same-version", text, "Choose another canary version, or switch the canary off.")]
    found = []
    if facts.identical_versions:
        text = f"Versions {policy.primary} and {canary} are byte for byte the same."
        found.append(Finding("identical", text, "Publish a version that differs; as an A/A test it is fine."))
    if canary < policy.primary:
        text = f"The canary, version {canary}, is older than the primary, version {policy.primary}."
        found.append(Finding("older-canary", text, "To go back to it, use Roll back on the alias page."))
    return found


def _weight(weight_bp: int) -> list[Finding]:
    if weight_bp == 0:
        return [
            Finding(
                "no-weight",
                "The canary is on but gets 0% of the calls.",
                "Raise the weight or switch it off.",
            )
        ]
    if weight_bp == WHOLE_BP:
        text = "The canary gets 100% of the calls, and the primary none."
        return [Finding("all-weight", text, "End the release: switch all traffic to the canary.")]
    return []


def _rules(rules: Rules, facts: Facts) -> list[Finding]:
    found = []
    if not facts.has_http_functions:
        text = (
            "Rules act on calls of HTTP functions, and this service has none: every call goes to the primary."
        )
        found.append(Finding("no-http", text, "Create an HTTP function, or choose Random."))
    for rule in rules.items:
        found += [*_text_order(rule), *_blanks(rule)]
    found += _repeated(rules.items)
    if rules.combiner is Combiner.ALL:
        found += _never_true(rules.items)
    else:
        found += _always_true(rules.items)
    return found


def _text_order(rule: Rule) -> Iterable[Finding]:
    if not _is_text(rule) or rule.operator not in _LOWER | _UPPER:
        return
    for order, read in ((Order.NUMBER, as_number), (Order.VERSION, as_version)):
        if read(rule.value) is not None:
            text = f"The rule {condition(rule)} compares as text, where 10 sorts before 9."
            yield Finding("text-order", text, f"Compare as a {order.value}.")
            return


def _blanks(rule: Rule) -> Iterable[Finding]:
    """Headers and cookies come without the blanks around their values; a query parameter may keep them."""
    source = rule.parameter.source
    if rule.operator in _EXACT and source is not Source.QUERY and rule.value != rule.value.strip(" "):
        text = f"The value of {condition(rule)} begins or ends with a blank: no {source.label.lower()} does."
        yield Finding("blanks", text, "Remove the blank.")


def _repeated(items: tuple[Rule, ...]) -> list[Finding]:
    return [
        Finding(
            "repeated", f"The rule {condition(rule)} stands there {times} times.", "Remove the repetition."
        )
        for rule, times in Counter(replace(rule, parameter=folded(rule.parameter)) for rule in items).items()
        if times > 1
    ]


def _never_true(items: tuple[Rule, ...]) -> list[Finding]:
    return [
        Finding(
            "never-true",
            f"No call can meet all rules on {parameter}: the canary gets nothing.",
            "Meet any of them instead, or remove one.",
        )
        for parameter, rules in _by_parameter(items).items()
        if _contradict(rules)
    ]


def _always_true(items: tuple[Rule, ...]) -> list[Finding]:
    """As text alone: what is no number meets neither >= 5 nor < 5."""
    return [
        Finding(
            "always-true",
            f"Every call {_that_has(parameter, order)} meets one of its rules: all of them go to the canary.",
            "Meet all of them instead, or remove one.",
        )
        for parameter, rules in _by_parameter(items).items()
        if (order := _covered(rules)) is not None
    ]


def _that_has(parameter: Parameter, order: Order) -> str:
    return f"that has {parameter}" if order is Order.TEXT else f"whose {parameter} is a {order.value}"


def _covered(rules: list[Rule]) -> Order | None:
    """Of which kind every value meets one of the rules: any text, or only any number or version."""
    for rule in rules:
        # All values but one meet it.
        if rule.operator is Operator.NOT_EQUAL and rule.order is Order.TEXT:
            return Order.TEXT if any(matcher(other)(rule.value) for other in rules) else None
    for order in Order:
        alike = [rule for rule in rules if rule.operator in _NEGATED and rule.order is order]
        if _contradict([_negated(rule) for rule in alike]):
            return order
    return None


def _by_parameter(items: Iterable[Rule]) -> dict[Parameter, list[Rule]]:
    found: dict[Parameter, list[Rule]] = defaultdict(list)
    for rule in items:
        if rule.operator is not Operator.PERCENT:
            found[folded(rule.parameter)].append(rule)
    return found


def _is_text(rule: Rule) -> bool:
    return rule.order is Order.TEXT


def _negated(rule: Rule) -> Rule:
    return replace(rule, operator=_NEGATED[rule.operator])


def _contradict(rules: list[Rule]) -> bool:
    """Whether no value meets all of them. Sure when it says so; what it cannot tell, it lets pass."""
    if len(rules) < 2:
        return False
    for rule in rules:
        wanted = _wanted(rule)
        if wanted is not None:
            return not any(all(matcher(other)(value) for other in rules) for value in wanted)
    return any(_apart(low, high) for low in rules for high in rules)


def _wanted(rule: Rule) -> tuple[str, ...] | None:
    """The only values that can meet it, where they can be listed."""
    if rule.operator is Operator.IN:
        return rule.members
    return (rule.value,) if rule.operator is Operator.EQUAL and _is_text(rule) else None


def _apart(low: Rule, high: Rule) -> bool:
    """A lower bound above an upper one, in the same order; one value is both."""
    if low.operator not in _LOWER | {Operator.EQUAL} or high.operator not in _UPPER | {Operator.EQUAL}:
        return False
    if low.order is not high.order:
        return False
    key = sort_key(low.order)
    floor, ceiling = key(low.value), key(high.value)
    if floor == ceiling:
        return low.operator is Operator.GREATER or high.operator is Operator.LESS
    return bool(floor > ceiling)


def _recorded(policy: Policy, facts: Facts) -> list[Finding]:
    found = []
    for parameter in policy.parameters:
        seen = facts.seen.get(folded(parameter))
        if seen is None or seen.calls < _FEW_CALLS:
            continue
        if seen.present == 0:
            text = f"None of {seen.calls:,} recorded calls had {parameter}."
            found.append(Finding("never-seen", text, "Check its name, or let callers send it first."))
        elif parameter == policy.key:
            found += _keys(policy, parameter, seen)
    return found


def _keys(policy: Policy, parameter: Parameter, seen: Seen) -> list[Finding]:
    what = "stays together by" if isinstance(policy.split, Sticky) else "is split by"
    if seen.distinct == 1:
        text = f"The traffic {what} {parameter}, which had one value in {seen.present:,} recorded calls."
        return [Finding("constant-key", text, "Choose a parameter that tells callers apart.")]
    if seen.commonest > _HOT * seen.present:
        share = 100 * seen.commonest / seen.present
        text = f"One value of {parameter} makes {share:.0f}% of {seen.present:,} recorded calls."
        return [Finding("hot-key", text, "The calls will not follow the percentage; judge it by keys.")]
    return []
