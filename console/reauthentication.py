"""Asking for the password again, before what reaches far: rights, keys, invitations, the glass."""

from __future__ import annotations

import time

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from console.access import user_of
from console.htmx import go_to


def recently_authenticated(request: HttpRequest) -> bool:
    """Whether the person gave the password within ACCOUNT_REAUTHENTICATION_TIMEOUT (seconds), be it to
    log in.
    """
    records = get_authentication_records(request, user_of(request))
    return any(time.time() - record["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT for record in records)


def reauthenticate(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the password. What was sent by POST goes on when the password was right."""
    return go_to(request, suspend_request(request, reverse("account_reauthenticate"))["Location"])


def require_password(request: HttpRequest) -> None:
    """Go on only when the password is fresh. It stands behind the check of the right: who may not is told
    so, and not asked for a password first.
    """
    if not recently_authenticated(request):
        raise ImmediateHttpResponse(reauthenticate(request))
