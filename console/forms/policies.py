"""The part of the alias panel that routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms

from console.forms import lines
from console.forms import rules as rule_forms
from console.forms.offers import NO_SUCH_VERSION, offer, version_label
from releases.core.parameters import MAX_KEY, BadParameter, parse_parameter
from releases.core.policies import (
    CONTENT,
    EVEN,
    PROVISIONED_BP,
    RANDOM,
    STICKY,
    BadPolicy,
    Canary,
    Die,
    Even,
    Policy,
    Split,
    Sticky,
    check_strict,
    format_percent,
    parse_percent,
)
from releases.core.rules import MAX_RULES, Combiner, Rules
from releases.models import Version

DIE: Final = "Die"


def _percent_input(**attrs: object) -> forms.NumberInput:
    return forms.NumberInput(attrs={"min": 0, "max": 100, "step": "0.01", "inputmode": "decimal", **attrs})


def _radios() -> forms.RadioSelect:
    return forms.RadioSelect(attrs={"class": "form-check-input"})


class PolicyForm(forms.Form):
    """The versions and the split. `policy` is set once this is valid, whatever the rest holds.

    `rules` has a form for each rule; unless the canary goes by rule, they only keep what was typed.
    """

    primary = forms.TypedChoiceField(label="Primary version", coerce=int, error_messages=NO_SUCH_VERSION)
    canary_enabled = forms.BooleanField(label="Enable canary", required=False)
    canary = forms.TypedChoiceField(
        label="Canary version", coerce=int, empty_value=None, required=False, error_messages=NO_SUCH_VERSION
    )
    kind = forms.ChoiceField(
        label="Canary type",
        choices=[(RANDOM, "Random (percentage)"), (CONTENT, "By rule")],
        required=False,
        initial=RANDOM,
        widget=_radios(),
    )
    weight = forms.CharField(
        label="Weight of the canary, in percent",
        required=False,
        max_length=20,
        widget=_percent_input(),
        help_text="From 0 to 100, in steps of 0.01.",
    )
    spread = forms.ChoiceField(
        choices=[(DIE, "Each call draws"), (STICKY, "Sticky key"), (EVEN, "Even spread")],
        required=False,
        initial=DIE,
        widget=_radios(),
    )
    sticky_type = forms.ChoiceField(label="Parameter type", choices=rule_forms.TYPES, required=False)
    sticky_key = forms.CharField(
        label="Parameter",
        required=False,
        widget=lines.text_input(MAX_KEY),
    )
    combiner = forms.ChoiceField(
        label="Rule pattern",
        choices=[(Combiner.ALL.value, "Meet all"), (Combiner.ANY.value, "Meet any")],
        required=False,
        initial=Combiner.ALL.value,
        widget=_radios(),
    )
    provisioned = forms.CharField(
        label="Canary release ratio for provisioned instances, in percent",
        required=False,
        max_length=20,
        initial=format_percent(PROVISIONED_BP).rstrip("%"),
        widget=_percent_input(),
        help_text="The canary's share of provisioned instances. It has no effect yet: there are none here.",
    )

    def __init__(self, *args: Any, versions: Iterable[Version], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        named = [(version.number, version_label(version)) for version in versions]
        for name in ("primary", "canary"):
            offer(self, name, [("", "Choose a version"), *named])
        self.policy: Policy | None = None
        self._rows = rule_forms.RULES.edited(self.data) if self.is_bound else self.initial.get("rules", [])
        self.rules = rule_forms.RULES.blank(self._rows or [{}])
        if self.initial.get("added"):
            self.rules[-1].fields["key"].widget.attrs["autofocus"] = True

    @property
    def can_add_rule(self) -> bool:
        return len(self.rules) < MAX_RULES

    def is_valid(self) -> bool:
        """Rules have their errors at their own fields, so the form's own do not tell all."""
        return super().is_valid() and self.policy is not None

    def clean(self) -> dict[str, Any]:
        super().clean()
        primary = self.cleaned_data.get("primary")
        if not self.cleaned_data.get("canary_enabled"):
            self._take(primary, None, Die())
            return self.cleaned_data
        by_rule = self.cleaned_data.get("kind") == CONTENT
        split = self._rules() if by_rule else self._spread()
        canary = self._canary("provisioned" if by_rule else "weight")
        if canary is not None and split is not None:
            self._take(primary, canary, split)
        return self.cleaned_data

    def _canary(self, share: str) -> Canary | None:
        """The canary with the share of that field, or None with the errors at their fields."""
        version = self.cleaned_data.get("canary")
        if version is None and not self.has_error("canary"):
            self.add_error("canary", "Choose the canary version, or switch the canary off.")
        weight_bp = None if self.has_error(share) else self._percent(share)
        return Canary(version, weight_bp) if version is not None and weight_bp is not None else None

    def _percent(self, name: str) -> int | None:
        text = self.cleaned_data[name]
        if name == "provisioned" and not text:
            return PROVISIONED_BP
        try:
            return parse_percent(text, noun="weight" if name == "weight" else "ratio")
        except BadPolicy as refusal:
            self.add_error(name, refusal.text)
            return None

    def _spread(self) -> Split | None:
        kind = self.cleaned_data.get("spread")
        if kind != STICKY:
            return Even() if kind == EVEN else Die()
        if self.has_error("sticky_type") or self.has_error("sticky_key"):
            return None
        try:
            return Sticky(parse_parameter(self.cleaned_data["sticky_type"], self.cleaned_data["sticky_key"]))
        except BadParameter as bad:
            self.add_error("sticky_key", str(bad))
            return None

    def _rules(self) -> Rules | None:
        count = len(self._rows)
        if not count:
            self.add_error("combiner", "Add at least one rule.")
        if count > MAX_RULES:
            self.add_error(
                "combiner", f"An alias can have {MAX_RULES} rules at the most; {count:,} were sent."
            )
        self.rules = rule_forms.RULES.judged(self._rows) or self.rules
        made = [form.rule for form in self.rules if form.is_valid() and form.rule is not None]
        if len(made) != count or self.has_error("combiner"):
            return None
        return Rules(Combiner(self.cleaned_data["combiner"] or Combiner.ALL), tuple(made))

    def _take(self, primary: int | None, canary: Canary | None, split: Split) -> None:
        if primary is None or self.has_error("kind") or self.has_error("spread"):
            return
        policy = Policy(primary, canary, split)
        refusals = check_strict(policy)
        for refusal in refusals:
            self.add_error(refusal.field, refusal.text)
        self.policy = None if refusals else policy


def initial(policy: Policy) -> dict[str, object]:
    """A policy as its part of the panel opens."""
    canary, split = policy.canary, policy.split
    weight = format_percent(canary.weight_bp).rstrip("%") if canary else ""
    opened: dict[str, object] = {
        "primary": policy.primary,
        "canary_enabled": canary is not None,
        "canary": canary.version if canary else "",
    }
    if isinstance(split, Rules):
        shown = rule_forms.shown(split.items)
        return opened | {
            "kind": CONTENT,
            "combiner": split.combiner.value,
            "provisioned": weight,
            "rules": shown,
        }
    opened |= {"kind": RANDOM, "weight": weight, "spread": EVEN if isinstance(split, Even) else DIE}
    if isinstance(split, Sticky):
        parameter = split.parameter
        opened |= {
            "spread": STICKY,
            "sticky_type": parameter.source.label,
            "sticky_key": parameter.key,
        }
    return opened


def typed(data: Mapping[str, Any], form: type[PolicyForm]) -> dict[str, object]:
    """What was posted, as a panel opens that shows it without judging it, after *Add rule* or *Remove*."""
    fields = {name: data[name] for name in form.base_fields if name in data}
    pressed = {"added": rule_forms.RULES.add in data, "removed": rule_forms.RULES.remove in data}
    return fields | pressed | {"rules": rule_forms.RULES.edited(data)}
