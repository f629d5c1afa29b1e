"""Change requests: the list, and the addresses of everything that happens to one."""

from __future__ import annotations

from typing import Final

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from console.access import person_of, region_for, seen_teams, user_of
from console.forms.changes import SHOWN, FilterForm
from console.pages import changes_acts, changes_detail, changes_edit
from releases.core.rights import Action
from releases.queries import change_list
from releases.queries import changes as query

PAGE_SIZE: Final = 20


@require_GET
def changes(request: HttpRequest, region: str) -> HttpResponse:
    form = FilterForm(request.GET)
    form.is_valid()
    show = form.cleaned_data.get("show") or "open"
    alias = form.cleaned_data.get("alias", "").strip()
    me = user_of(request).pk
    found = change_list.visible(query.of_teams(seen_teams(request), region_for(region)), me)
    if alias:
        found = change_list.named(found, alias)
    if show == "open":
        found = change_list.unfinished(found)
    elif show == "mine":
        found = found.filter(author=me)
    elif show == "review":
        found = change_list.to_review(found, me, person_of(request).teams(Action.APPROVE))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": change_list.lines(page, at=timezone.now()),
        "show": show,
        "shown": SHOWN.items(),
        "alias": alias,
    }
    return render(request, "console/changes/changes.html", context)


urls = [
    path("changes/", changes, name="changes"),
    *changes_detail.urls,
    *changes_edit.urls,
    *changes_acts.urls,
]
