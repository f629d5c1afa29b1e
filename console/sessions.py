"""Where a person is logged in. allauth keeps a row beside each session; the session itself is what counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from releases.operations.audit import Act

_BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari", "curl")
_NAMES = {"Edg": "Edge", "OPR": "Opera"}
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux")


@dataclass(frozen=True, slots=True)
class Open:
    """One session: from where, with what, since when; `current` is the one that asks."""

    number: int
    ip: str
    browser: str
    since: datetime
    until: datetime
    current: bool


def sessions(request: HttpRequest) -> list[Open]:
    """All sessions of who is logged in that have not ended, this one first. Sessions begun without allauth
    (in tests, or before it was there) get their row here.
    """
    UserSession.objects.create_from_request(request)
    own = request.session.session_key
    rows = list(_live(request))
    ends = dict(
        Session.objects.filter(pk__in=[row.session_key for row in rows]).values_list("pk", "expire_date")
    )
    found = [
        Open(
            row.pk,
            row.ip,
            browser(row.user_agent),
            row.created_at,
            ends[row.session_key],
            row.session_key == own,
        )
        for row in rows
    ]
    return sorted(found, key=lambda session: (not session.current, -session.since.timestamp()))


@transaction.atomic
def end_session(act: Act, request: HttpRequest, number: int) -> bool:
    """End one of one's own sessions; False when there is no such session (any more)."""
    row = _live(request).filter(pk=number).first()
    if row is None:
        return False
    _end([row])
    act.record("session.end", on=None, path=act.by.username, before={"ip": row.ip})
    return True


@transaction.atomic
def end_other_sessions(act: Act, request: HttpRequest) -> int:
    """End all but this one. How many they were."""
    rows = list(_live(request).exclude(session_key=request.session.session_key))
    if rows:
        _end(rows)
        act.record("session.end", on=None, path=act.by.username, before={"sessions": len(rows)})
    return len(rows)


def browser(user_agent: str) -> str:
    """In words, as far as it can be told: "Firefox on Linux"."""
    name = next((part for part in _BROWSERS if re.search(rf"\b{part}", user_agent)), "")
    system = next((part for part in _SYSTEMS if part in user_agent), "")
    words = _NAMES.get(name, name) or "Another program"
    return f"{words} on {system.replace('Mac OS', 'macOS')}" if system else words


def _live(request: HttpRequest) -> QuerySet[UserSession]:
    keys = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return UserSession.objects.filter(user=request.user, session_key__in=keys)


def _end(rows: list[UserSession]) -> None:
    Session.objects.filter(pk__in=[row.session_key for row in rows]).delete()
    UserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
