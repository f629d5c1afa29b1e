"""The tab Invocations of a function: what was called, what answered and why, and what it logged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from console import splits
from console.forms.invocations import InvocationFilterForm
from console.pages.function_page import OpenFunction, frame, open_function
from invocations import listing, queries
from invocations.listing import Listed
from invocations.models import Invocation
from invocations.retention import ROWS
from releases.core.reasons import brief
from releases.queries import decisions
from releases.queries.aliases import policies_of

PAGE_SIZE = 50


@require_GET
def function_invocations(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    opened = open_function(request, region, service, name)
    context = frame(opened, "invocations")
    form = InvocationFilterForm(
        request.GET,
        versions=["LATEST", *map(str, context["numbers"])],
        aliases=[state.name for state in context["states"]],
    )
    valid = form.is_valid()
    listed = _listed(opened, form, request.GET.get("before", "")) if valid else Listed([], None)
    context |= {
        "form": form,
        "filtered": not valid or bool(form.wanted()),
        "rows": _shown(listed.rows),
        "next": listed.last.pk if listed.last else None,
        "cut_short": listed.cut_short,
        "looked_through": listing.LOOKED_THROUGH,
        "paged": "before" in request.GET,
        "kept_days": ROWS.days,
    }
    page = "console/functions/function_invocations.html"
    return render(request, page, context, status=200 if valid else 422)


def _listed(opened: OpenFunction, form: InvocationFilterForm, before: str) -> Listed:
    service = opened.service
    found = queries.invocations_of_function(service.region, service.name, opened.function.name)
    last = None
    if before:
        try:
            last = found.get(pk=UUID(before))
        except (ValueError, Invocation.DoesNotExist):
            raise _absent(before) from None
    return listing.page(found, form.wanted(), before=last, size=PAGE_SIZE)


@require_GET
def function_invocation(
    request: HttpRequest, region: str, service: str, name: str, request_id: UUID
) -> HttpResponse:
    opened = open_function(request, region, service, name)
    row = queries.invocation(region, service, str(request_id))
    if row is None or row.function != name:
        raise _absent(str(request_id))
    context = frame(opened, "invocations") | {
        "item": _shown([row])[0],
        "told": decisions.tell(row),
        "list_url": opened.url("function-invocations"),
    }
    return render(request, "console/functions/function_invocation.html", context)


def _absent(request_id: str) -> Http404:
    return Http404(f"There is no invocation '{request_id}' here, or it was forgotten meanwhile.")


def _shown(rows: list[Invocation]) -> list[dict[str, Any]]:
    """Each row with duration and memory in ms and MB, its alias revision, its version's part, and why."""
    routed = policies_of({row.alias_revision for row in rows})
    shown = []
    for row in rows:
        revision, policy = routed.get(row.alias_revision, (None, None))
        part = splits.role(row.version, policy)
        measured = {"duration_ms": row.duration_us / 1000, "memory_mb": row.memory_kb / 1024}
        why = brief(row.decision) if revision else ""
        shown.append({"row": row, "revision": revision, "part": part, "why": why} | measured)
    return shown


_FUNCTION = "services/<str:service>/functions/<str:name>"
urls = [
    path(f"{_FUNCTION}/invocations/", function_invocations, name="function-invocations"),
    path(f"{_FUNCTION}/invocations/<uuid:request_id>/", function_invocation, name="function-invocation"),
]
