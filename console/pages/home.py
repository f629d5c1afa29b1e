"""The home page: what waits for the person, what is his, what is out, and what happened last."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from console.access import person_of, seen_teams, user_of
from releases.core import approvals, audit_words
from releases.core.approvals import Status
from releases.models import AuditEntry, ChangeRequest
from releases.operations.change_notes import path_of
from releases.queries import audit, catalog
from releases.queries import home as query
from releases.queries.audit import Filters
from releases.queries.home import Why

EVENTS: Final = 10
WORDS: Final = {
    Why.RATIFY: ("alert-triangle", "Ratify", "Somebody broke the glass: say whether that was right."),
    Why.SUSPENDED: ("clock", "Suspended", "It was due and could not be applied."),
    Why.REVIEW: ("search", "Review", "It waits for your verdict."),
    Why.MOVED: ("refresh", "Stale", "The alias has moved since: rebase or edit it."),
    Why.CHANGES: ("edit", "Edit", "A reviewer asks for changes."),
    Why.AGREED: ("check", "Apply", "It is agreed to, and can be applied or scheduled."),
}


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    user, person, teams = user_of(request), person_of(request), seen_teams(request)
    standing = query.canaries(teams)
    context = {
        "needs": [_need(need) for need in query.needs(user, person)],
        "own": [_line(row) for row in query.open_requests(user)],
        "standing": standing,
        "has_services": bool(standing) or catalog.any_service(teams),
        "events": [_event(row) for row in audit.entries(teams, Filters()).select_related("by")[:EVENTS]],
        "in_no_team": teams is not None and not teams,
    }
    return render(request, "console/home/home.html", context)


def _need(need: query.Need) -> dict[str, Any]:
    icon_name, word, text = WORDS[need.why]
    text = need.request.suspended if need.why is Why.SUSPENDED else text
    return _line(need.request) | {"icon_name": icon_name, "word": word, "text": text}


def _event(row: AuditEntry) -> dict[str, Any]:
    return {"row": row, "done": audit_words.done(row.action)}


def _line(row: ChangeRequest) -> dict[str, Any]:
    status = "suspended" if row.suspended else approvals.words(Status(row.status))
    return {"request": row, "url": path_of(row), "status": status, "service": row.alias.service}


urls = [path("", home, name="home")]
