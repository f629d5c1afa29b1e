"""What the alias panel sends."""

from __future__ import annotations

SPLIT = {"primary": "1", "canary_enabled": "on", "canary": "2", "kind": "Random", "weight": "30"}
BY_RULE = SPLIT | {"kind": "Content", "combiner": "AND", "provisioned": "1"}


def rule(place: int, *parts: str) -> dict[str, str]:
    """The fields of one rule: parameter type, parameter, condition, value, and what it compares as."""
    named = zip(("type", "key", "operator", "value", "order"), [*parts, "text"], strict=False)
    return {f"rule-{place}-{name}": text for name, text in named}


UID = rule(0, "Header", "x-uid", "=", "42")
