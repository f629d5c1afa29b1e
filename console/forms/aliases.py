"""The panel of an alias: its name, how it routes, and the words beside it."""

from __future__ import annotations

from typing import Any

from django import forms

from console.forms import policies
from console.forms.checks import WholeNumberField, obeys
from console.forms.policies import PolicyForm
from releases.core import names
from releases.operations.aliases import Setting
from releases.queries.aliases import AliasState


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
        help_text="Letters, digits, hyphens and underscores; it begins with a letter or an underscore."
        " It cannot be changed later.",
    )
    base_revision = None  # type: ignore[assignment]  # Django's way to leave out an inherited field


class MoveForm(forms.Form):
    """A button that moves traffic: it says which revision the page showed."""

    base_revision = WholeNumberField()


def initial(state: AliasState) -> dict[str, object]:
    """An alias as its panel opens."""
    return policies.initial(state.policy) | {
        "description": state.revision.description,
        "base_revision": state.revision.number,
    }
