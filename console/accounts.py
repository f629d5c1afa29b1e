"""Who may log in, and how often somebody may try. `allauth` asks here."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from console import origin, throttle
from releases.models import User


class Backend(AuthenticationBackend):
    """Active people. The account of a program signs with access keys; it never logs in, nor stays so."""

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        return super().user_can_authenticate(user) and _is_person(user)


class Adapter(DefaultAccountAdapter):
    """A limit on failures, whether at the log-in or when the password is asked for again."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": "The username or the password is not right. Mind upper and lower case.",
        "incorrect_password": "That is not your password.",
        "enter_current_password": "That is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are invited into a team."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """The person, or nobody: allauth itself tells those who know the password of a closed account."""
        user = super().authenticate(request, **credentials)
        return user if _is_person(user) else None

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        if throttle.is_blocked(credentials.get("username", ""), _address(request)):
            raise ValidationError(
                "Too many attempts failed. Wait %(minutes)s minutes and try again.",
                code="throttled",
                params={"minutes": throttle.WINDOW_S // 60},
            )
        super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        throttle.count_failure(credentials.get("username", ""), _address(request))

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """None: the console's pages say themselves what was done."""


def _is_person(user: object) -> bool:
    return isinstance(user, User) and user.is_active and not user.is_program


def _address(request: HttpRequest) -> str:
    return origin.address(request) or ""
