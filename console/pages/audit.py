"""The audit log: who did what to which, when, and whether it is still as it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console import audit_export
from console.access import person_of, seen_teams
from console.forms.audit import AuditFilterForm
from console.htmx import fragment, is_htmx
from releases.core import audit_words
from releases.core.rights import Person
from releases.models import AuditEntry
from releases.operations.audit_checks import ask_verification
from releases.queries import audit as query

PAGE_SIZE: Final = 50


@require_GET
def audit(request: HttpRequest) -> HttpResponse:
    form = AuditFilterForm(request.GET)
    valid = form.is_valid()
    before = _before(request)
    rows: list[AuditEntry] = []
    if valid:
        wanted = form.wanted()
        found = query.entries(seen_teams(request), wanted)
        if before is not None:
            found = query.earlier(found, wanted, before)
        rows = list(found[: PAGE_SIZE + 1])
    context = {
        "form": form,
        "filtered": not valid or any(form.cleaned_data.values()),
        "rows": _shown(rows[:PAGE_SIZE]),
        "next": rows[PAGE_SIZE - 1].pk if len(rows) > PAGE_SIZE else None,
        "paged": before is not None,
        "sees_nothing": seen_teams(request) == frozenset(),
        **_chain(request),
    }
    return render(request, "console/audit/audit.html", context, status=200 if valid else 422)


@require_GET
def audit_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    return _export(request, audit_export.csv_pieces, "text/csv; charset=utf-8", "csv")


@require_GET
def audit_json(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    return _export(request, audit_export.json_pieces, "application/json", "json")


@require_GET
def audit_chain(request: HttpRequest) -> HttpResponse:
    """How the last verification ended; 204 while the one that was asked for is under way."""
    context = _chain(request)
    if context["pending"] and "pending" in request.GET:
        return HttpResponse(status=204)
    return fragment(request, "console/audit/_audit_chain.html", context)


@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Have a worker read all of the log now."""
    if not _is_administrator(person_of(request)):
        raise PermissionDenied(f"{person_of(request).name} may not verify the audit log: {VERIFIERS}")
    ask_verification(at=timezone.now())
    if is_htmx(request):
        return fragment(request, "console/audit/_audit_chain.html", _chain(request))
    return redirect("audit")


VERIFIERS: Final = "that is for administrators."


def _before(request: HttpRequest) -> int | None:
    """The number from which the page goes back; none for the newest page."""
    text = request.GET.get("before")
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Http404(f"There is no entry '{text}' here.")
    return int(text)


def _export(
    request: HttpRequest,
    pieces: Callable[[Iterable[AuditEntry]], Iterator[str]],
    content_type: str,
    suffix: str,
) -> HttpResponse | StreamingHttpResponse:
    form = AuditFilterForm(request.GET)
    if not form.is_valid():
        errors = [f"{name}: {' '.join(map(str, told))}" for name, told in form.errors.items()]
        return HttpResponse("\n".join(errors) + "\n", status=422, content_type="text/plain; charset=utf-8")
    rows = query.oldest_first(query.entries(seen_teams(request), form.wanted()))
    name = f"serin-audit-{timezone.now():%Y%m%dT%H%M%SZ}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(pieces(rows), content_type=content_type, headers=headers)


def _chain(request: HttpRequest) -> dict[str, Any]:
    """What the badge needs."""
    check = query.last_check()
    return {
        "check": check,
        "pending": check is not None and check.is_asked,
        "may_verify": _is_administrator(person_of(request)),
        "verifiers": VERIFIERS,
    }


def _is_administrator(person: Person) -> bool:
    return person.administrator and person.active


def _shown(rows: list[AuditEntry]) -> list[dict[str, Any]]:
    people = query.names(rows)
    return [
        {
            "row": row,
            "person": people.get(row.by_id),
            "done": audit_words.done(row.action),
            "told": audit_words.tell(row.before, row.after),
            "same_object": _query(row),
            **_change(row),
        }
        for row in rows
    ]


def _query(row: AuditEntry) -> str:
    """The address of the log of this object."""
    wanted = {"region": row.region, "object": row.object}
    return urlencode({name: value for name, value in wanted.items() if value} | {"exactly": "on"})


def _change(row: AuditEntry) -> dict[str, Any]:
    """The change request that the entry is about: its number and page."""
    number = row.object.rpartition("#")[2]
    if not row.action.startswith("change.") or not number.isdigit():
        return {}
    return {"change": number, "change_url": f"/{row.region}/changes/{number}/"}


urls = [
    path("audit/", audit, name="audit"),
    path("audit/entries.csv", audit_csv, name="audit-csv"),
    path("audit/entries.json", audit_json, name="audit-json"),
    path("audit/chain/", audit_chain, name="audit-chain"),
    path("audit/verify/", audit_verify, name="audit-verify"),
]
