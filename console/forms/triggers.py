"""Forms of triggers: under which methods an HTTP function answers, at which qualifier, and whom."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from console.forms.checks import obeys
from console.forms.offers import offer
from releases.core import names
from releases.core.triggers import METHODS, Auth, HttpTrigger, http_config, parse_http
from releases.models import Trigger

NO_METHOD = "Choose at least one method."
_GROUP = {"class": "form-check-input"}


class HttpConfigForm(forms.Form):
    """What a trigger says."""

    auth = forms.ChoiceField(
        label="Who may call",
        choices=[
            (Auth.FUNCTION.value, "Signed: whoever signs the request with an access key."),
            (Auth.ANONYMOUS.value, "Anonymous: anybody who reaches the gateway, without a signature."),
        ],
        initial=Auth.FUNCTION.value,
        widget=forms.RadioSelect(attrs=_GROUP),
    )
    methods = forms.MultipleChoiceField(
        choices=[(method, method) for method in METHODS],
        initial=["GET", "POST"],
        widget=forms.CheckboxSelectMultiple(attrs=_GROUP),
        error_messages={"required": NO_METHOD},
    )

    def config(self) -> dict[str, Any]:
        """What a valid form says, as it is kept."""
        chosen = self.cleaned_data["methods"]
        methods = tuple(method for method in METHODS if method in chosen)
        return http_config(HttpTrigger(methods, Auth(self.cleaned_data["auth"])))


class TriggerForm(HttpConfigForm):
    """A trigger as it can be changed. What it can be bound to comes from outside."""

    qualifier = forms.ChoiceField(
        label="Version or alias",
        initial="LATEST",
        error_messages={"invalid_choice": "There is no such version or alias with this function."},
        help_text="What answers: through an alias, the version that it routes the request to.",
    )
    description = forms.CharField(
        required=False,
        validators=[obeys(names.check_description)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_DESCRIPTION, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, qualifiers: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Without the first, a trigger whose alias is gone would open as if it were at LATEST.
        nothing = ("", "Choose a version or alias")
        offer(self, "qualifier", [nothing, *((text, text) for text in qualifiers)])


class CreateTriggerForm(TriggerForm):
    """A new trigger."""

    name = forms.CharField(
        initial="http",
        validators=[obeys(names.check_trigger_name)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_TRIGGER_NAME, "autocomplete": "off"}),
        help_text="Letters, digits, - and _; begins with a letter or _. It cannot be changed later.",
    )


def initial(trigger: Trigger) -> dict[str, object]:
    """A trigger as its form opens."""
    http = parse_http(trigger.config)
    return {
        "auth": http.auth.value,
        "methods": list(http.methods),
        "qualifier": trigger.qualifier,
        "description": trigger.description,
    }
