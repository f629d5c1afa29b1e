"""The page of a change request: what blocks it, what it changes, what speaks for it, and what can be done."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from console.access import change_for, person_of, user_of
from console.forms.changes import ScheduleForm
from console.htmx import fragment
from console.pages.alias_page import per_minute
from releases.core import policy_words, protection_diff, protection_words, replay_words
from releases.models import ChangeRequest
from releases.queries import aliases as alias_query
from releases.queries import change_list, changes
from releases.queries import change_page as query

STATE: Final = "console/changes/_change_state.html"
NEEDS: Final = "console/changes/_change_needs.html"
GROUNDS: Final = "console/changes/_change_grounds.html"
ACTIONS: Final = "console/changes/_change_actions.html"
TALK: Final = "console/changes/_change_talk.html"


@require_GET
def change(request: HttpRequest, region: str, number: int) -> HttpResponse:
    found = change_for(request, region, number)
    context = _state(request, found, seen=changes.payload_of(found).digest)
    context |= _content(found) | _grounds(context["standing"]) | _talk(found)
    if context["standing"].is_open:
        rivals = change_list.of_alias(found.alias, user_of(request).pk, but=found.pk)
        context["proposed"] = change_list.lines(rivals, at=timezone.now())
    return render(request, "console/changes/change_detail.html", context)


@require_GET
def change_state(request: HttpRequest, region: str, number: int) -> HttpResponse:
    """What is new about it. Once somebody edited it the buttons stay as they are: they would be refused."""
    found = change_for(request, region, number)
    if request.GET.get("shown") == query.stamp(found):
        return HttpResponse(status=204)
    context = _state(request, found, seen=request.GET.get("seen", ""))
    if context["is_edited"]:
        return fragment(request, STATE, context)
    context |= _grounds(context["standing"]) | _talk(found)
    return fragment(request, STATE, context, also=[GROUNDS, NEEDS, ACTIONS, TALK])


def _state(request: HttpRequest, found: ChangeRequest, *, seen: str) -> dict[str, Any]:
    at = timezone.now()
    standing = query.standing(found, by=person_of(request), at=at)
    payload = changes.payload_of(found)
    columns = query.columns_of(found) if standing.is_stale else []
    return {
        "change": found,
        "service": found.alias.service,
        "alias": found.alias,
        "payload": payload,
        "seen": payload.digest,
        "shown": query.stamp(found),
        "is_edited": seen != payload.digest,
        "under_way": standing.is_open or standing.waits_for_ratification,
        "standing": standing,
        "barred": {deed.value: reason for deed, reason in standing.barred.items()},
        "state": alias_query.state(found.alias),
        "wanted": changes.proposal(found),
        "freezes": protection_words.coming(standing.demanded, at),
        "closed": standing.demanded.closed(at),
        "columns": columns,
        "conflict": any(field.conflict for field in columns),
        "effect": _effect(found, at),
        "schedule": ScheduleForm(),
    }


def _effect(found: ChangeRequest, at: datetime) -> str:
    """What applying it does to the traffic, for the question before."""
    if found.kind == ChangeRequest.Kind.PROTECTION:
        return "What the alias asks of changes will be as proposed. No traffic moves."
    n = per_minute(found.alias, at)
    calls = f"About {n:,} calls a minute came in" if n else "No calls came in"
    calls += " over the last 10 minutes."
    policy = changes.proposal(found).policy
    if policy is None:
        return f"Calls to {found.alias.name} will be answered with an error from then on. {calls}"
    now = policy_words.sentence(alias_query.state(found.alias).policy)
    return f"{policy_words.sentence(policy)} Now: {now} {calls}"


def _protections(found: ChangeRequest) -> dict[str, Any]:
    """Of a change of the protection, before and after as its payload was made, which is what is agreed to."""
    if found.kind != ChangeRequest.Kind.PROTECTION:
        return {}
    wanted = changes.proposal(found).protection
    before, after = changes.seen_bases(found) or changes.bases(found.alias, wanted)
    return {
        "protection_before": protection_words.sentence(before),
        "protection_after": protection_words.sentence(after),
        "protection_fields": protection_diff.fields(before, after),
        "of_team_after": wanted is None,
    }


def _content(found: ChangeRequest) -> dict[str, Any]:
    """What the payload says, which stays as it is."""
    return _protections(found) | {"difference": query.difference(found)}


def _grounds(standing: query.Standing) -> dict[str, Any]:
    grounds = query.grounds(standing)
    blast = grounds.blast if grounds else None
    return {"grounds": grounds, "blast_sentence": replay_words.sentence(blast) if blast else ""}


def _talk(found: ChangeRequest) -> dict[str, Any]:
    return {
        "talk": found.comments.select_related("author").order_by("pk"),
        "payloads": query.payloads(found),
    }


urls = [
    path("changes/<int:number>/", change, name="change"),
    path("changes/<int:number>/state/", change_state, name="change-state"),
]
