"""The panel of an alias: which version is primary, and which share a canary gets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from console.forms.checks import WholeNumberField, obeys
from releases.core import names
from releases.core.policies import (
    RANDOM,
    BadPolicy,
    Canary,
    Policy,
    check_strict,
    format_percent,
    parse_percent,
)
from releases.models import Version
from releases.operations.aliases import Setting
from releases.queries.aliases import AliasState

NO_SUCH_VERSION = {"invalid_choice": "There is no such version: it may have been deleted meanwhile."}
MAX_LABEL = 80


class PolicyForm(forms.Form):
    """The part of the panel that routes. `policy` is set once this is valid, whatever the rest holds."""

    primary = forms.TypedChoiceField(label="Primary version", coerce=int, error_messages=NO_SUCH_VERSION)
    canary_enabled = forms.BooleanField(label="Enable canary", required=False)
    canary = forms.TypedChoiceField(
        label="Canary version", coerce=int, empty_value=None, required=False, error_messages=NO_SUCH_VERSION
    )
    kind = forms.ChoiceField(
        label="Canary type",
        choices=[(RANDOM, "Random (percentage)")],
        required=False,
        help_text="Each call draws its version by itself.",
    )
    weight = forms.CharField(
        label="Weight of the canary, in percent",
        required=False,
        max_length=20,
        widget=forms.NumberInput(attrs={"min": 0, "max": 100, "step": "0.01", "inputmode": "decimal"}),
        help_text="From 0 to 100, in steps of 0.01.",
    )

    def __init__(self, *args: Any, versions: Iterable[Version], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Choose a version"), *((version.number, _label(version)) for version in versions)]
        for name in ("primary", "canary"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = choices
        self.policy: Policy | None = None

    def clean(self) -> dict[str, Any]:
        super().clean()
        primary = self.cleaned_data.get("primary")
        enabled = self.cleaned_data.get("canary_enabled")
        canary = self._canary() if enabled else None
        if primary is not None and (canary or not enabled):
            self._take(Policy(primary, canary))
        return self.cleaned_data

    def _canary(self) -> Canary | None:
        """The canary, or None with the error at its field."""
        version = self.cleaned_data.get("canary")
        if version is None and not self.has_error("canary"):
            self.add_error("canary", "Choose the canary version, or switch the canary off.")
        try:
            weight_bp = parse_percent(self.cleaned_data.get("weight") or "")
        except BadPolicy as refusal:
            self.add_error(refusal.field, refusal.text)
            return None
        return Canary(version, weight_bp) if version is not None else None

    def _take(self, policy: Policy) -> None:
        refusals = check_strict(policy)
        for refusal in refusals:
            self.add_error(refusal.field, refusal.text)
        self.policy = None if refusals else policy


class AliasForm(PolicyForm):
    """The whole panel. `base_revision` is the revision that it was opened on."""

    description = forms.CharField(
        required=False,
        validators=[obeys(names.check_description)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_DESCRIPTION, "autocomplete": "off"}),
        help_text="What the alias is for.",
    )
    reason = forms.CharField(
        required=False,
        label="Reason for this change",
        validators=[obeys(names.check_description)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_DESCRIPTION, "autocomplete": "off"}),
        help_text="Kept with the revision that this makes.",
    )
    base_revision = WholeNumberField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.has_error("base_revision"):
            self.add_error(None, "The form does not say which revision it was opened on: open it again.")
        return cleaned

    def setting(self) -> Setting:
        """What a valid form asks for."""
        if self.policy is None:
            raise ValueError("only a valid form has a policy")
        return Setting(
            policy=self.policy,
            description=self.cleaned_data["description"],
            reason=self.cleaned_data["reason"],
        )


class CreateAliasForm(AliasForm):
    """The panel of an alias that is not there yet."""

    name = forms.CharField(
        validators=[obeys(names.check_alias_name)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_ALIAS_NAME, "autocomplete": "off"}),
        help_text="Letters, digits, - and _; begins with a letter or _. It cannot be changed later.",
    )
    base_revision = None  # type: ignore[assignment]  # Django's way to leave out an inherited field


class MoveForm(forms.Form):
    """A button that moves traffic: it says which revision the page showed."""

    base_revision = WholeNumberField()


def initial(state: AliasState) -> dict[str, object]:
    """An alias as its panel opens."""
    canary = state.policy.canary
    return {
        "primary": state.policy.primary,
        "canary_enabled": canary is not None,
        "canary": canary.version if canary else "",
        "weight": format_percent(canary.weight_bp).rstrip("%") if canary else "",
        "description": state.revision.description,
        "base_revision": state.revision.number,
    }


def _label(version: Version) -> str:
    words = (
        f"Version {version.number}: {version.description}" if version.description else f"Version {version}"
    )
    return words if len(words) <= MAX_LABEL else words[: MAX_LABEL - 1] + "…"
