"""The forms of log-in and password."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from django import forms

STRENGTH = "At least 8 characters; none of the common ones, not digits alone, not like the user name."


class LogInForm(LoginForm):
    """User name and password; how many failures are too many, `console.accounts.Adapter` says."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autofocus"] = True
        _plain(self)


class AgainForm(ReauthenticateForm):
    """The password of somebody who is logged in already."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs["autofocus"] = True
        _plain(self)


class PasswordForm(ChangePasswordForm):
    """The old password and, twice, the new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Current password"
        self.fields["password1"].label = "New password"
        self.fields["password1"].help_text = STRENGTH
        self.fields["password2"].label = "New password again"
        _plain(self, keep={"password1"})


def _plain(form: forms.Form, keep: frozenset[str] | set[str] = frozenset()) -> None:
    """Labels say what a field is: no placeholders, and no help but that of the named fields."""
    for name, field in form.fields.items():
        field.widget.attrs.pop("placeholder", None)
        if name not in keep:
            field.help_text = ""
