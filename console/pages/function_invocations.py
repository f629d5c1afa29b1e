"""The tab Invocations of a function: what was called, what answered, and what it logged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from console.pages.function_page import frame, open_function
from invocations import queries
from invocations.models import Invocation
from invocations.retention import ROWS
from releases.queries.aliases import policies_of

PAGE_SIZE = 50


@require_GET
def function_invocations(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    opened = open_function(request, region, service, name)
    found = _older(queries.invocations_of_function(region, service, name), request.GET.get("before", ""))
    # By key, not by page: how many there are and how far back one looks costs nothing.
    rows = list(found.order_by("-started_at", "-request_id")[: PAGE_SIZE + 1])
    context = frame(opened, "invocations") | {
        "rows": _shown(rows[:PAGE_SIZE]),
        "next": rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None,
        "paged": "before" in request.GET,
        "kept_days": ROWS.days,
    }
    return render(request, "console/functions/function_invocations.html", context)


def _older(found: QuerySet[Invocation], before: str) -> QuerySet[Invocation]:
    """Those that started before the row of this id, in the order of the page."""
    if not before:
        return found
    try:
        last = found.get(pk=UUID(before))
    except (ValueError, Invocation.DoesNotExist):
        raise Http404(f"There is no invocation '{before}' here, or it was forgotten meanwhile.") from None
    tie = Q(started_at__lt=last.started_at) | Q(request_id__lt=last.pk)
    return found.filter(tie, started_at__lte=last.started_at)


@require_GET
def function_invocation(
    request: HttpRequest, region: str, service: str, name: str, request_id: UUID
) -> HttpResponse:
    opened = open_function(request, region, service, name)
    row = queries.invocation(region, service, str(request_id))
    if row is None or row.function != name:
        raise Http404(f"There is no invocation '{request_id}' here, or it was forgotten meanwhile.")
    context = frame(opened, "invocations") | {
        "item": _shown([row])[0],
        "list_url": opened.url("function-invocations"),
    }
    return render(request, "console/functions/function_invocation.html", context)


def _shown(rows: list[Invocation]) -> list[dict[str, Any]]:
    """Each row with duration and memory in ms and MB, its alias revision, and its version's part in it."""
    routed = policies_of({row.alias_revision for row in rows})
    shown = []
    for row in rows:
        revision, policy = routed.get(row.alias_revision, (None, None))
        part = "" if policy is None else "primary" if row.version == str(policy.primary) else "canary"
        measured = {"duration_ms": row.duration_us / 1000, "memory_mb": row.memory_kb / 1024}
        shown.append({"row": row, "revision": revision, "part": part} | measured)
    return shown


_FUNCTION = "services/<str:service>/functions/<str:name>"
urls = [
    path(f"{_FUNCTION}/invocations/", function_invocations, name="function-invocations"),
    path(f"{_FUNCTION}/invocations/<uuid:request_id>/", function_invocation, name="function-invocation"),
]
