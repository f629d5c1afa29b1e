"""The inbox: what people are told, what waits for them first."""

from __future__ import annotations

from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from console.access import act_of, notice_for, user_of
from console.htmx import fragment
from releases.core.notices import Kind
from releases.models import Notice
from releases.operations.inbox import mark_read
from releases.queries import notices as query

PAGE_SIZE: Final = 30
LABELS: Final = {kind.value: kind.label for kind in Kind}


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    page = Paginator(query.inbox(user), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [{"notice": notice, "label": LABELS.get(notice.kind, notice.kind)} for notice in page]
    context = {"page": page, "rows": rows, "waiting": query.waiting(user)}
    return render(request, "console/inbox/inbox.html", context)


@require_GET
def inbox_bell(request: HttpRequest) -> HttpResponse:
    """How many wait, for the top bar; nothing new is a 204 from one read."""
    waiting = query.waiting(user_of(request))
    context: dict[str, Any] = {"bell": waiting, "bell_shown": f"{waiting.needed}-{waiting.unread}"}
    if request.GET.get("shown") == context["bell_shown"]:
        return HttpResponse(status=204)
    return fragment(request, "console/inbox/_inbox_bell.html", context)


@require_POST
def notice_read(request: HttpRequest, number: int) -> HttpResponse:
    """Read it, and go to the page that it is about if the button says so."""
    notice = notice_for(request, number)
    mark_read(act_of(request), [notice.pk])
    return redirect(_then(request, notice))


def _then(request: HttpRequest, notice: Notice) -> str:
    return notice.path if "go" in request.POST else "inbox"


@require_POST
def inbox_read(request: HttpRequest) -> HttpResponse:
    mark_read(act_of(request))
    return redirect("inbox")


urls = [
    path("inbox/", inbox, name="inbox"),
    path("inbox/bell/", inbox_bell, name="inbox-bell"),
    path("inbox/read/", inbox_read, name="inbox-read"),
    path("inbox/<int:number>/read/", notice_read, name="notice-read"),
]
