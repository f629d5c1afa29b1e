"""Forms of the services pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from console.forms.checks import obeys
from releases.core import names
from releases.models import Team


class DescriptionForm(forms.Form):
    """What can be changed of a service."""

    description = forms.CharField(
        required=False,
        validators=[obeys(names.check_description)],
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": names.MAX_DESCRIPTION}),
        help_text=f"At most {names.MAX_DESCRIPTION} characters.",
    )

    def clean_description(self) -> str:
        # A browser sends a line's end as CR LF and counts it as one character.
        return str(self.cleaned_data["description"]).replace("\r\n", "\n")


class ServiceForm(DescriptionForm):
    """A new service."""

    name = forms.CharField(
        validators=[obeys(names.check_service_name)],
        widget=forms.TextInput(
            attrs={"maxlength": names.MAX_SERVICE_NAME, "autocomplete": "off", "autofocus": True}
        ),
        help_text="Letters, digits, hyphens and underscores; it begins with a letter or an underscore.",
    )

    team = forms.ModelChoiceField(
        queryset=Team.objects.none(),
        empty_label=None,
        required=False,
        help_text="It owns the service; its members see it, and may do what their roles allow.",
    )

    field_order = ["name", "team", "description"]

    def __init__(self, *args: Any, teams: Sequence[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
        field.queryset = Team.objects.filter(pk__in=[team.pk for team in teams]).order_by("name")
        self._only = teams[0] if len(teams) == 1 else None
        if self._only is not None:  # there is nothing to choose
            field.widget = forms.HiddenInput()

    def clean_team(self) -> Team:
        team: Team | None = self.cleaned_data["team"] or self._only
        if team is None:
            raise forms.ValidationError("Choose the team that shall own it.")
        return team
