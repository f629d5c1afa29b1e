"""The rule list of the panel: fields named rule-0-type, rule-0-key ..., so that plain forms can carry it.

*Add rule* and *Remove* are submit buttons, `add_rule` and `remove_rule` (the place, from 0): the panel comes
back with what was typed, and a rule more or less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms

from releases.core.orders import Order
from releases.core.parameters import MAX_KEY, Source
from releases.core.rules import MAX_RULES, MAX_VALUE, BadRule, Operator, Rule, make_rule

ADD: Final = "add_rule"
REMOVE: Final = "remove_rule"
TYPES: Final = [(source.label, source.label) for source in Source]
OPERATORS: Final = [
    *((operator.value, operator.value) for operator in Operator if operator.compares),
    (Operator.IN.value, "in"),
    (Operator.PERCENT.value, "Value distribution percentage"),
]

Row = Mapping[str, Any]

_FIELD = re.compile(r"rule-([0-9]{1,9})-(type|key|operator|value|order)")


class RuleForm(forms.Form):
    """One rule. `rule` is set once this is valid."""

    type = forms.CharField(label="Parameter type", required=False, widget=forms.Select(choices=TYPES))
    key = forms.CharField(
        label="Parameter",
        required=False,
        widget=forms.TextInput(attrs={"maxlength": MAX_KEY, "autocomplete": "off", "spellcheck": "false"}),
    )
    operator = forms.CharField(label="Condition", required=False, widget=forms.Select(choices=OPERATORS))
    value = forms.CharField(
        required=False,
        strip=False,
        widget=forms.TextInput(attrs={"maxlength": MAX_VALUE, "autocomplete": "off", "spellcheck": "false"}),
    )
    order = forms.CharField(
        label="Compare as",
        required=False,
        widget=forms.Select(choices=[(order.value, order.value) for order in Order]),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rule: Rule | None = None

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.errors:
            return self.cleaned_data
        parts = (self.cleaned_data[name] for name in ("type", "key", "operator", "value", "order"))
        try:
            self.rule = make_rule(*parts)
        except BadRule as bad:
            self.add_error(bad.part, bad.text)
        return self.cleaned_data


def rows(data: Mapping[str, Any]) -> list[Row]:
    """The rules that were posted, in the order of their places."""
    found: dict[int, dict[str, Any]] = {}
    for name in data:
        match = _FIELD.fullmatch(name)
        if match:
            found.setdefault(int(match[1]), {})[match[2]] = data[name]
    return [found[place] for place in sorted(found)]


def edited(data: Mapping[str, Any]) -> list[Row]:
    """The posted rules after the button that was pressed; a place that is not there removes none."""
    found = rows(data)
    removed = data.get(REMOVE)
    kept = [row for place, row in enumerate(found) if str(place) != removed]
    return [*kept, {}] if ADD in data and len(kept) < MAX_RULES else kept


def shown(rules: Iterable[Rule]) -> list[Row]:
    """Rules as their fields open."""
    return [
        {
            "type": rule.parameter.source.label,
            "key": rule.parameter.key,
            "operator": rule.operator.value,
            "value": rule.value,
            "order": rule.order.value,
        }
        for rule in rules
    ]


def blank_forms(given: Iterable[Row]) -> list[RuleForm]:
    """Forms that show rules without judging them; at least one, to type in at once."""
    listed = list(given)[:MAX_RULES] or [{}]
    return [RuleForm(prefix=f"rule-{place}", initial=dict(row)) for place, row in enumerate(listed)]


def judged_forms(given: Iterable[Row]) -> list[RuleForm]:
    """Forms that say what is wrong with each rule; at most as many as there can be rules."""
    return [
        RuleForm({f"rule-{place}-{name}": text for name, text in row.items()}, prefix=f"rule-{place}")
        for place, row in enumerate(list(given)[:MAX_RULES])
    ]
