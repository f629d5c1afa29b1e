"""The form of a new webhook."""

from __future__ import annotations

from django import forms
from django.conf import settings

from releases.core import targets


class WebhookForm(forms.Form):
    url = forms.CharField(
        label="Address",
        max_length=targets.MAX_URL,
        widget=forms.URLInput(attrs={"placeholder": "https://hooks.example/serin", "autocomplete": "off"}),
        help_text="It gets a signed POST for each event of the team's aliases and requests.",
    )

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        try:
            targets.check(targets.parse(url), settings.WEBHOOK_ALLOW)
        except targets.BadTarget as error:
            raise forms.ValidationError(f"{error}.") from None
        return url
