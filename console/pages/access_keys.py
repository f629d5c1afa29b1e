"""Access keys: a person's own, and those of a team's service accounts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from console.access import act_of, key_for, program_for, team_for, user_of
from console.forms.access_keys import AccessKeyForm
from console.htmx import go_to
from console.reauthentication import require_password
from releases.core.rights import Action
from releases.models import Team, User
from releases.operations.access_keys import create_access_key, revoke_access_key
from releases.queries import access_keys as query

PAGE = "console/account/access_keys.html"


@require_GET
def access_keys(request: HttpRequest) -> HttpResponse:
    return render(request, PAGE, _shown(user_of(request)) | {"form": AccessKeyForm()})


@require_POST
def access_key_create(request: HttpRequest) -> HttpResponse:
    return _create(request, user_of(request))


@require_POST
def access_key_revoke(request: HttpRequest, key: str) -> HttpResponse:
    return _revoke(request, user_of(request), key, reverse("access-keys"))


@require_GET
def program_keys(request: HttpRequest, team: int, account: int) -> HttpResponse:
    found = team_for(request, team, Action.ADMINISTER)
    return render(request, PAGE, _shown(program_for(found, account), found) | {"form": AccessKeyForm()})


@require_POST
def program_key_create(request: HttpRequest, team: int, account: int) -> HttpResponse:
    found = team_for(request, team, Action.ADMINISTER)
    return _create(request, program_for(found, account), found)


@require_POST
def program_key_revoke(request: HttpRequest, team: int, account: int, key: str) -> HttpResponse:
    owner = program_for(team_for(request, team, Action.ADMINISTER), account)
    return _revoke(request, owner, key, reverse("program-keys", args=[team, account]))


@never_cache
def _create(request: HttpRequest, owner: User, team: Team | None = None) -> HttpResponse:
    """The page with the secret, this once; or with what is wrong."""
    require_password(request)
    form = AccessKeyForm(request.POST)
    if not form.is_valid():
        return render(request, PAGE, _shown(owner, team) | {"form": form}, status=422)
    act = act_of(request)
    name, expires_at = form.cleaned_data["name"], form.expires_at(act.at)
    pair = create_access_key(act, owner, name=name, expires_at=expires_at)
    context = _shown(owner, team) | {
        "form": AccessKeyForm(),
        "pair": pair,
        "account_id": settings.ACCOUNT_ID,
    }
    return render(request, PAGE, context)


def _revoke(request: HttpRequest, owner: User, key: str, back: str) -> HttpResponse:
    found = key_for(owner, key)
    revoke_access_key(act_of(request), found)
    messages.success(request, f"Access key {key} was revoked.")
    return go_to(request, back)


def _shown(owner: User, team: Team | None = None) -> dict[str, Any]:
    """`team` is whose service account the owner is; None for one's own keys."""
    keys = list(query.of_user(owner))
    args = [team.pk, owner.pk] if team else []
    prefix = "program-key" if team else "access-key"
    now = timezone.now()
    return {
        "owner": owner,
        "team": team,
        "create_url": reverse(f"{prefix}-create", args=args),
        "rows": [
            {
                "key": key,
                "expired": key.expires_at is not None and key.expires_at <= now,
                "revoke_url": reverse(f"{prefix}-revoke", args=[*args, key.key_id]),
            }
            for key in keys
        ],
    }


_PROGRAM = "teams/<int:team>/programs/<int:account>/keys"
urls = [
    path("account/keys/", access_keys, name="access-keys"),
    path("account/keys/new/", access_key_create, name="access-key-create"),
    path("account/keys/<str:key>/revoke/", access_key_revoke, name="access-key-revoke"),
    path(f"{_PROGRAM}/", program_keys, name="program-keys"),
    path(f"{_PROGRAM}/new/", program_key_create, name="program-key-create"),
    path(f"{_PROGRAM}/<str:key>/revoke/", program_key_revoke, name="program-key-revoke"),
]
