"""Where a person is logged in, and ending it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from console import sessions as own
from console.access import act_of
from console.htmx import go_to


@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    return render(request, "console/account/sessions.html", {"sessions": own.sessions(request)})


@require_POST
def session_end(request: HttpRequest, number: int) -> HttpResponse:
    if not own.end_session(act_of(request), request, number):
        raise Http404("There is no such session of yours any more.")
    messages.success(request, "The session was ended.")
    return go_to(request, reverse("sessions"))


@require_POST
def sessions_end_others(request: HttpRequest) -> HttpResponse:
    ended = own.end_other_sessions(act_of(request), request)
    said = (
        f"{ended} other session{'' if ended == 1 else 's'} ended." if ended else "There was no other session."
    )
    messages.success(request, said)
    return go_to(request, reverse("sessions"))


urls = [
    path("account/sessions/", sessions, name="sessions"),
    path("account/sessions/<int:number>/end/", session_end, name="session-end"),
    path("account/sessions/end-others/", sessions_end_others, name="sessions-end-others"),
]
