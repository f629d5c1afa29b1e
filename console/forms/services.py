"""Forms of the services pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet

from console.forms.checks import WholeNumberField, declared, obeys
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


class TransferForm(forms.Form):
    """Another team for a service; `owner` is the one that the page showed."""

    owner = WholeNumberField(widget=forms.HiddenInput)
    to = forms.ModelChoiceField(
        label="Give it to team",
        queryset=Team.objects.none(),
        help_text="Teams that you administer.",
        error_messages={"required": "Choose a team.", "invalid_choice": "You do not administer that team."},
    )

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declared(self, "to", forms.ModelChoiceField).queryset = teams

    def clean(self) -> dict[str, Any]:
        if self.has_error("owner"):
            self.add_error(None, "The form does not say whose the service was: open it again.")
        return self.cleaned_data


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
        field = declared(self, "team", forms.ModelChoiceField)
        field.queryset = Team.objects.filter(pk__in=[team.pk for team in teams]).order_by("name")
        self._only = teams[0] if len(teams) == 1 else None
        if self._only is not None:  # there is nothing to choose
            field.widget = forms.HiddenInput()

    def clean_team(self) -> Team:
        team: Team | None = self.cleaned_data["team"] or self._only
        if team is None:
            raise forms.ValidationError("Choose the team that shall own it.")
        return team
