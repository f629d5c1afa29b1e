"""Routing policies in words: what one does, and what changed between two."""

from __future__ import annotations

from typing import Final

from .orders import Order
from .policies import WHOLE_BP, Canary, Even, Policy, Split, Sticky, format_percent
from .rules import Combiner, Operator, Rule, Rules

_COMPARED: Final = {
    Operator.EQUAL: "is",
    Operator.NOT_EQUAL: "is not",
    Operator.GREATER: "is greater than",
    Operator.LESS: "is less than",
    Operator.AT_LEAST: "is at least",
    Operator.AT_MOST: "is at most",
}


def sentence(policy: Policy) -> str:
    """The policy in words: "70% of calls go to version 1, 30% to version 2." """
    canary = policy.canary
    if canary is None or not splits(policy):
        return f"All calls go to version {policy.primary}."
    if isinstance(policy.split, Rules):
        return (
            f"HTTP calls {rules_sentence(policy.split)} go to version {canary.version}, "
            f"all others to version {policy.primary}."
        )
    rest = format_percent(WHOLE_BP - canary.weight_bp)
    share = format_percent(canary.weight_bp)
    told = f"{rest} of calls go to version {policy.primary}, {share} to version {canary.version}"
    return f"{told}{_spread(policy.split)}."


def canary_gets(policy: Policy) -> str:
    """What the canary gets, in a few words: "30%", "30% of keys", "calls that meet its rules"."""
    share = policy.share_bp
    if share is None:
        return "calls that meet its rules" if splits(policy) else format_percent(0)
    return format_percent(share) + (" of keys" if policy.key else "")


def primary_gets(policy: Policy) -> str:
    """What is left to the primary: "70%", "70% of keys", "all other calls"."""
    share = policy.share_bp
    if share is None:
        return "all other calls" if splits(policy) else format_percent(WHOLE_BP)
    return format_percent(WHOLE_BP - share) + (" of keys" if policy.key else "")


def splits(policy: Policy) -> bool:
    """Whether there is a second version to go to."""
    return policy.canary is not None and policy.canary.version != policy.primary


def rules_sentence(rules: Rules) -> str:
    """ "whose header x-uid is "42" and whose query debug is "1""."""
    joined = " and " if rules.combiner is Combiner.ALL else " or "
    return joined.join(rule_sentence(rule) for rule in rules.items)


def rule_sentence(rule: Rule) -> str:
    """One condition: "whose header x-uid is "42""."""
    if rule.operator is Operator.PERCENT:
        return f"whose {rule.parameter} is among {rule.value}% of its values"
    if rule.operator is Operator.IN:
        return f"whose {rule.parameter} is one of {', '.join(map(_quoted, rule.members))}"
    order = "" if rule.order is Order.TEXT else f" as a {rule.order.value}"
    return f"whose {rule.parameter} {_COMPARED[rule.operator]} {_quoted(rule.value)}{order}"


def condition(rule: Rule) -> str:
    """The condition as the panel writes it: "header x-uid >= "10" as a number"."""
    if rule.operator is Operator.PERCENT:
        return f"{rule.parameter} in {rule.value}% of values"
    order = "" if rule.order is Order.TEXT else f" as a {rule.order.value}"
    return f"{rule.parameter} {rule.operator.value} {_quoted(rule.value)}{order}"


def split_name(split: Split) -> str:
    """The kind of split, as the panel names it."""
    if isinstance(split, Rules):
        return "by rule"
    if isinstance(split, Sticky):
        return f"random by {split.parameter}"
    return "even spread" if isinstance(split, Even) else "random"


def changes(old: Policy, new: Policy) -> list[str]:
    """What became of `old`, told to somebody who was editing it; empty when nothing changed."""
    told = []
    if new.primary != old.primary:
        told.append(f"The primary version is now {new.primary} (was {old.primary}).")
    if old.canary is None and new.canary is not None:
        told.append(f"There is now a canary: {_named(new.canary)}.")
    if old.canary is not None and new.canary is None:
        told.append(f"The canary is gone (was {_named(old.canary)}).")
    if old.canary is not None and new.canary is not None:
        told += _canary_changes(old.canary, new.canary)
    return told + _split_changes(old.split, new.split)


def _canary_changes(old: Canary, new: Canary) -> list[str]:
    told = []
    if new.version != old.version:
        told.append(f"The canary version is now {new.version} (was {old.version}).")
    if new.weight_bp != old.weight_bp:
        now, before = format_percent(new.weight_bp), format_percent(old.weight_bp)
        told.append(f"The canary weight is now {now} (was {before}).")
    return told


def _split_changes(old: Split, new: Split) -> list[str]:
    if old == new:
        return []
    if not isinstance(old, Rules) or not isinstance(new, Rules):
        told = [f"The canary type is now {split_name(new)} (was {split_name(old)})."]
        return told + ([f"The rules: calls {rules_sentence(new)}."] if isinstance(new, Rules) else [])
    told = [f"Rule added: {condition(rule)}." for rule in new.items if rule not in old.items]
    told += [f"Rule removed: {condition(rule)}." for rule in old.items if rule not in new.items]
    if new.combiner is not old.combiner:
        told.append(f"A call must now meet {'all' if new.combiner is Combiner.ALL else 'any'} of the rules.")
    return told or ["The rules stand in another order."]


def _spread(split: Split) -> str:
    if isinstance(split, Sticky):
        return f"; calls with the same {split.parameter} stay together"
    return ", spread evenly" if isinstance(split, Even) else ""


def _named(canary: Canary) -> str:
    return f"version {canary.version} at {format_percent(canary.weight_bp)}"


def _quoted(text: str) -> str:
    return f"“{text}”"
