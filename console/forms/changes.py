"""Forms of change requests. Each says which payload its page showed: `seen` is the digest of that payload."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError

from console.forms.aliases import AliasForm
from console.forms.checks import WholeNumberField, obeys
from releases.core import names
from releases.core.approvals import Verdict
from releases.operations.changes import MAX_COMMENT

SHOWN: Final = {
    "open": "Open",
    "review": "Needs my review",
    "mine": "Mine",
    "all": "All",
}
MAX_TITLE: Final = 256
MOMENTS: Final = ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")


def title_field(**attributes: Any) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=MAX_TITLE,
        validators=[obeys(names.check_description)],
        widget=forms.TextInput(attrs={"maxlength": MAX_TITLE, "autocomplete": "off"}),
        **attributes,
    )


class ProposeForm(AliasForm):
    """The panel of an alias. `proposing` is set while it offers to propose instead of to save."""

    title = title_field(help_text="What reviewers read first. Without one it says what changes.")
    proposing = forms.BooleanField(required=False, widget=forms.HiddenInput)


class EditForm(AliasForm):
    """The panel on the payload of a request."""

    title = title_field(help_text="What reviewers read first. Without one it says what changes.")
    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)


class SeenForm(forms.Form):
    seen = forms.CharField(
        max_length=64,
        error_messages={"required": "The button does not say which payload it was shown with."},
    )


class VerdictForm(SeenForm):
    verdict = forms.TypedChoiceField(choices=[(each.value, each.value) for each in Verdict], coerce=Verdict)
    comment = forms.CharField(required=False, max_length=MAX_COMMENT)


class ReasonForm(SeenForm):
    reason = forms.CharField(required=False, max_length=names.MAX_DESCRIPTION)


class CommentForm(forms.Form):
    text = forms.CharField(
        max_length=MAX_COMMENT, error_messages={"required": "There is nothing in the comment."}
    )


class ScheduleForm(SeenForm):
    """A date and a time of day in a named zone; `when` is the time that they mean."""

    at = forms.CharField(
        label="Apply at",
        max_length=32,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}),
        error_messages={"required": "Choose a date and a time."},
    )
    zone = forms.CharField(label="Time zone", max_length=64, initial=settings.TIME_ZONE)

    def clean_at(self) -> datetime:
        for form in MOMENTS:
            with suppress(ValueError):
                return datetime.strptime(self.cleaned_data["at"], form)
        raise ValidationError("Enter a date and a time, such as 2026-11-20T14:32.")

    def clean_zone(self) -> ZoneInfo:
        zone = self.cleaned_data["zone"]
        if zone not in available_timezones():
            raise ValidationError(f"There is no time zone '{zone}': write one such as Asia/Shanghai.")
        return ZoneInfo(zone)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "at" in cleaned and "zone" in cleaned:
            moment = cleaned["at"].replace(tzinfo=cleaned["zone"])
            # When clocks go forward an hour is left out: such a time reads otherwise on the way back.
            back = moment.astimezone(UTC).astimezone(cleaned["zone"])
            if back.replace(tzinfo=None) != cleaned["at"]:
                self.add_error("at", f"There is no such time in {cleaned['zone'].key}: clocks skip it.")
            cleaned["when"] = moment
        return cleaned


class DeleteForm(forms.Form):
    """The proposal to delete an alias."""

    title = title_field(
        label="Why it should be deleted", help_text="What reviewers read first, and what the history keeps."
    )
    base_revision = WholeNumberField(widget=forms.HiddenInput)


class FilterForm(forms.Form):
    """Which requests a list shows. What cannot be read asks for nothing."""

    show = forms.ChoiceField(choices=list(SHOWN.items()), required=False)
    alias = forms.CharField(label="Alias", required=False, max_length=256)
