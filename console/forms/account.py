"""The log-in form."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from console import origin, throttle


class LogInForm(AuthenticationForm):
    """Django's, with a limit on failures."""

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username") or ""
        address = origin.address(self.request) or "" if self.request else ""
        if throttle.is_blocked(username, address):
            raise ValidationError(
                "Too many attempts failed. Wait %(minutes)s minutes and try again.",
                code="throttled",
                params={"minutes": throttle.WINDOW_S // 60},
            )
        try:
            return super().clean()
        except ValidationError:
            throttle.count_failure(username, address)
            raise
