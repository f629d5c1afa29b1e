"""All people with an account, for administrators of the installation."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from console.access import act_of, person_for, require_administrator
from console.htmx import go_to, refused
from console.reauthentication import require_password
from invocations.refusals import Refused
from releases.models import User
from releases.operations import people as operation
from releases.operations.audit import Act
from releases.queries import teams as query

PAGE_SIZE = 20


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    require_administrator(request)
    page = Paginator(query.people_list(), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "console/teams/people.html", {"page": page})


@require_POST
def person_deactivate(request: HttpRequest, account: int) -> HttpResponse:
    return _change(request, account, operation.deactivate, "The account of {} was closed.")


@require_POST
def person_reactivate(request: HttpRequest, account: int) -> HttpResponse:
    return _change(request, account, operation.reactivate, "The account of {} is open again.")


def _change(
    request: HttpRequest, account: int, change: Callable[[Act, User], None], said: str
) -> HttpResponse:
    require_administrator(request)
    if change is operation.reactivate:
        require_password(request)
    user = person_for(account)
    try:
        change(act_of(request), user)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, said.format(user.username))
    return go_to(request, reverse("people"))


urls = [
    path("people/", people, name="people"),
    path("people/<int:account>/deactivate/", person_deactivate, name="person-deactivate"),
    path("people/<int:account>/reactivate/", person_reactivate, name="person-reactivate"),
]
