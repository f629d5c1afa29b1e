"""A new access key."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms

from console.forms.checks import obeys
from releases.core import names

LIVES = {30: "30 days", 90: "90 days", 365: "1 year", 0: "until it is revoked"}


class AccessKeyForm(forms.Form):
    """What a key is for, and when it ends."""

    name = forms.CharField(
        label="What it is for",
        validators=[obeys(names.check_team_name)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_TEAM_NAME, "autocomplete": "off"}),
        help_text="Such as laptop, or release pipeline.",
    )
    days = forms.TypedChoiceField(label="Good for", coerce=int, choices=list(LIVES.items()), initial=90)

    def expires_at(self, now: datetime) -> datetime | None:
        """None: never."""
        days = self.cleaned_data["days"]
        return now + timedelta(days=days) if days else None
