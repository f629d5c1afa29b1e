"""Forms of teams: names, roles, groups, invitations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from console.forms.account import STRENGTH
from console.forms.checks import declared, obeys
from releases.core import names
from releases.core.rights import Role
from releases.models import Team, User

CHECK = {"class": "form-check-input"}
LIVES = {1: "1 day", 7: "7 days", 30: "30 days"}


class TeamForm(forms.Form):
    """A new team."""

    name = forms.CharField(
        validators=[obeys(names.check_team_name)],
        widget=forms.TextInput(
            attrs={"maxlength": names.MAX_TEAM_NAME, "autocomplete": "off", "autofocus": True}
        ),
        help_text=f"At most {names.MAX_TEAM_NAME} characters. It cannot be changed later.",
    )


class RolesForm(forms.Form):
    """At least one role."""

    roles = forms.TypedMultipleChoiceField(
        coerce=Role,
        widget=forms.CheckboxSelectMultiple(attrs=CHECK),
        error_messages={"required": "Choose at least one role."},
    )

    def __init__(self, *args: Any, choices: Iterable[Role] = Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        allowed = [role for role in Role if role in choices]
        named = [(role.value, role.value.capitalize()) for role in allowed]
        declared(self, "roles", forms.ChoiceField).choices = named


class NewMemberForm(RolesForm):
    """Somebody who has an account already."""

    username = forms.CharField(
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True}),
        help_text="The name that the person logs in with. Who has no account yet is invited by a link.",
    )
    field_order = ("username", "roles")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._team = team
        self._user: User | None = None

    @property
    def user(self) -> User:
        """Whom a valid form names."""
        if self._user is None:
            raise AssertionError("the form is not valid: it names nobody")
        return self._user

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        self._user = User.objects.filter(username=name, is_program=False, is_active=True).first()
        if self._user is None:
            raise ValidationError(f"There is no active account '{name}'.")
        if self._user.memberships.filter(team=self._team).exists():
            raise ValidationError(f"{name} is in the team already.")
        return name


class ProgramForm(RolesForm):
    """A service account."""

    name = forms.CharField(
        validators=[obeys(names.check_user_name)],
        widget=forms.TextInput(
            attrs={"maxlength": names.MAX_USER_NAME, "autocomplete": "off", "autofocus": True}
        ),
        help_text="Such as ci-shop. Nobody else can have it, now or later.",
    )
    field_order = ("name", "roles")


class InvitationForm(RolesForm):
    """Which roles a link gives, and for how long it lives."""

    days = forms.TypedChoiceField(
        label="The link is good for", coerce=int, choices=list(LIVES.items()), initial=7
    )

    @property
    def life(self) -> timedelta:
        return timedelta(days=self.cleaned_data["days"])


class MembersForm(forms.Form):
    """Who is in a group: people of the team, by their numbers."""

    members = forms.TypedMultipleChoiceField(
        coerce=int, required=False, widget=forms.CheckboxSelectMultiple(attrs=CHECK)
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._people = {person.pk: person for person in people}
        named = [(person.pk, person.username) for person in people]
        declared(self, "members", forms.ChoiceField).choices = named

    @property
    def chosen(self) -> list[User]:
        return [self._people[number] for number in self.cleaned_data["members"]]


class GroupForm(MembersForm):
    """A new group."""

    name = forms.CharField(
        validators=[obeys(names.check_team_name)],
        widget=forms.TextInput(
            attrs={"maxlength": names.MAX_TEAM_NAME, "autocomplete": "off", "autofocus": True}
        ),
        help_text="Such as Security. A protection may ask that one of the group approves.",
    )
    field_order = ("name", "members")


class JoinForm(forms.Form):
    """A new account, made by whoever was invited."""

    username = forms.CharField(
        validators=[obeys(names.check_user_name)],
        widget=forms.TextInput(
            attrs={"maxlength": names.MAX_USER_NAME, "autocomplete": "username", "autofocus": True}
        ),
        help_text="Letters, digits and @ . + - _",
    )
    password = forms.CharField(
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=STRENGTH,
    )
    again = forms.CharField(
        label="Password again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        password, again = cleaned.get("password"), cleaned.get("again")
        if password and again and password != again:
            self.add_error("again", "The two passwords differ.")
        if password and "username" in cleaned:
            try:
                validate_password(password, User(username=cleaned["username"]))
            except ValidationError as bad:
                self.add_error("password", bad)
        return cleaned
