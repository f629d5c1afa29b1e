"""A change of a protected alias before anybody agreed, with its account."""

from __future__ import annotations

from typing import Any

from django import forms

from console.forms.checks import WholeNumberField, obeys
from console.forms.policies import PolicyForm
from releases.core import names
from releases.core.approvals import MIN_REASON
from releases.operations.aliases import Setting


class BreakGlassForm(PolicyForm):
    """The policy, and why nobody could be asked. `base_revision` is the one that it was opened on."""

    reason = forms.CharField(
        label="Why it cannot wait",
        validators=[obeys(names.check_description)],
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": names.MAX_DESCRIPTION}),
        help_text=f"At least {MIN_REASON} characters: what is wrong, and what this mends.",
    )
    agreed = forms.BooleanField(
        label="I change this alias although nobody has agreed to it",
        error_messages={"required": "Say that you know what you do."},
    )
    base_revision = WholeNumberField(widget=forms.HiddenInput)

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"].strip()
        if len(reason) < MIN_REASON:
            raise forms.ValidationError(f"{len(reason)} of at least {MIN_REASON} characters: say more.")
        return reason

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.has_error("base_revision"):
            self.add_error(None, "The form does not say which revision it was opened on: open it again.")
        return cleaned

    def setting(self, description: str) -> Setting:
        """What a valid form asks for; the alias keeps its description."""
        if self.policy is None:
            raise ValueError("only a valid form has a policy")
        return Setting(policy=self.policy, description=description, reason=self.cleaned_data["reason"])
