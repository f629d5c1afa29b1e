"""The rule list of the panel: fields named rule-0-type, rule-0-key ..."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms

from console.forms import lines
from console.forms.rows import Row, Rows
from releases.core.orders import Order
from releases.core.parameters import MAX_KEY, Source
from releases.core.rules import MAX_RULES, MAX_VALUE, BadRule, Operator, Rule, make_rule

TYPES: Final = [(source.label, source.label) for source in Source]
OPERATORS: Final = [
    *((operator.value, operator.value) for operator in Operator if operator.compares),
    (Operator.IN.value, "in"),
    (Operator.PERCENT.value, "Value distribution percentage"),
]


class RuleForm(forms.Form):
    """One rule. `rule` is set once this is valid."""

    type = forms.CharField(label="Parameter type", required=False, widget=forms.Select(choices=TYPES))
    key = forms.CharField(
        label="Parameter",
        required=False,
        widget=lines.text_input(MAX_KEY),
    )
    operator = forms.CharField(label="Condition", required=False, widget=forms.Select(choices=OPERATORS))
    value = forms.CharField(
        required=False,
        strip=False,
        widget=lines.text_input(MAX_VALUE),
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


RULES: Final = Rows(form=RuleForm, name="rule", add="add_rule", remove="remove_rule", most=MAX_RULES)


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
