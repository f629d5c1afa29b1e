"""What a test run may call, and which attributes of its calls an alias makes worth drawing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal

from invocations.drawn import BadAttribute, DrawnAttribute, Keys, Listed, Place
from invocations.request_plan import MAX_DRAWN, check_attribute
from releases.core import policies
from releases.core.orders import as_number
from releases.core.parameters import Parameter
from releases.core.policies import Policy
from releases.core.rules import Operator, Rule, Rules
from releases.models import Function, Service, VersionFunction

from .catalog import Shown

KEYS = 1000
OTHER = "other"


def types(service: Service, at: Shown, name: str) -> set[str]:
    """The types that a function has at a qualifier: one, unless the versions of an alias differ."""
    if at.is_latest:
        found = Function.objects.filter(service=service, name=name)
        return set(found.values_list("type", flat=True))
    revision = at.alias.revision if at.alias else None
    numbers = (
        policies.parse(revision.policy).versions if revision else {at.version.number if at.version else 0}
    )
    having = VersionFunction.objects.filter(version__service=service, version__number__in=numbers, name=name)
    return set(having.values_list("type", flat=True))


def attributes(policy: Policy) -> tuple[DrawnAttribute, ...]:
    """For each parameter that a policy looks at: keys for it to split, or values on both sides of its rules.

    What a run cannot send, such as a header of its own, is left out.
    """
    drawn = []
    for parameter in policy.parameters:
        attribute = DrawnAttribute(Place(parameter.source.label), parameter.key, _source(policy, parameter))
        with suppress(BadAttribute):
            check_attribute(attribute)
            drawn.append(attribute)
    return tuple(drawn[:MAX_DRAWN])


def _source(policy: Policy, parameter: Parameter) -> Listed | Keys:
    items = policy.split.items if isinstance(policy.split, Rules) else ()
    rules = [rule for rule in items if rule.parameter == parameter]
    if not rules or any(rule.operator is Operator.PERCENT for rule in rules):
        return Keys(KEYS)
    values = dict.fromkeys(value for rule in rules for value in _around(rule))
    return Listed(tuple(values))


def _around(rule: Rule) -> Iterator[str]:
    """Values that meet a rule, and one at least that does not."""
    if rule.operator is Operator.IN:
        yield from rule.members
    else:
        yield rule.value
    number = as_number(rule.value)
    if rule.operator in {Operator.EQUAL, Operator.NOT_EQUAL, Operator.IN}:
        yield OTHER if OTHER not in (*rule.members, rule.value) else f"{OTHER}-1"
    elif number is not None:
        yield from (str(number - 1), str(number + Decimal(1)))
    else:
        yield from (rule.value[:-1] or "!", rule.value + "0")
