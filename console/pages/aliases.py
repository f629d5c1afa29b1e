"""Alias management: the aliases of a service, and the panel that creates and edits one."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from console.access import act_of, alias_for, region_for, seen_teams, service_for, user_of
from console.forms.aliases import CreateAliasForm, initial
from console.forms.changes import ProposeForm
from console.htmx import go_to
from console.pages import (
    alias_blast,
    alias_history,
    alias_moves,
    alias_page,
    alias_preview,
    alias_propose,
    alias_recording,
    alias_tester,
    break_glass,
    protections,
)
from console.pages.alias_panel import panel, show
from console.pages.alias_propose import prefilled, propose
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.operations import aliases as operation
from releases.queries import aliases as query
from releases.queries import catalog, change_list
from releases.queries import versions as version_query

PAGE_SIZE: Final = 20

CREATE = "console/aliases/alias_create.html"
EDIT = "console/aliases/alias_edit.html"


@require_GET
def aliases_home(request: HttpRequest, region: str) -> HttpResponse:
    """The only service's aliases, or a choice of services."""
    found = catalog.services(region_for(region), teams=seen_teams(request))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    if page.paginator.count == 1:
        return redirect("aliases", region, page[0].name)
    return render(request, "console/aliases/aliases_home.html", {"page": page})


@require_GET
def aliases(request: HttpRequest, region: str, service: str) -> HttpResponse:
    found = service_for(request, region, service)
    page = Paginator(query.aliases(found), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"service": found, "page": page, "newest": version_query.newest(found)}
    return render(request, "console/aliases/aliases.html", context)


@require_http_methods(["GET", "POST"])
def alias_create(request: HttpRequest, region: str, service: str) -> HttpResponse:
    found = service_for(request, region, service, Action.RELEASE)
    context = {"service": found, "has_versions": version_query.newest(found) is not None}
    form = panel(request, CreateAliasForm, found, {})
    if not form.is_bound:
        return show(request, CREATE, context | {"form": form})
    if not form.is_valid():
        return show(request, CREATE, context | {"form": form}, status=422)
    name = form.cleaned_data["name"]
    try:
        operation.create_alias(act_of(request), found, name=name, setting=form.setting())
    except Refused as refusal:
        return show(request, CREATE, context | {"form": form, "refusal": refusal}, status=409)
    messages.success(request, f"Alias {name} was created.")
    return go_to(request, reverse("alias", args=[region, service, name]))


@require_http_methods(["GET", "POST"])
def alias_edit(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    alias = alias_for(request, region, service, name, Action.RELEASE)
    state = query.state(alias)
    policy, filled = prefilled(request, state)
    context = {"service": alias.service, "alias": alias, "state": state}
    form = panel(request, ProposeForm, alias.service, initial(state) | filled)
    context["form"] = form
    if not form.is_bound:
        rivals = change_list.of_alias(alias, user_of(request).pk)
        context["proposed"] = change_list.lines(rivals, at=timezone.now())
        return show(request, EDIT, context, opened=policy)
    if not form.is_valid():
        return show(request, EDIT, context, status=422)
    try:
        if form.cleaned_data["proposing"]:
            return propose(request, alias, form)
        base = form.cleaned_data["base_revision"]
        made = operation.change_alias(act_of(request), alias, base_revision=base, setting=form.setting())
    except Refused as refusal:
        return show(request, EDIT, context | {"refusal": refusal}, status=409)
    messages.success(request, f"Alias {name} has a new revision, number {made.number}.")
    return go_to(request, reverse("alias", args=[region, service, name]))


urls = [
    path("aliases/", aliases_home, name="aliases-home"),
    path("services/<str:service>/aliases/", aliases, name="aliases"),
    path("services/<str:service>/alias-create/", alias_create, name="alias-create"),
    path("services/<str:service>/aliases/<str:name>/edit/", alias_edit, name="alias-edit"),
    *alias_page.urls,
    *alias_history.urls,
    *alias_moves.urls,
    *alias_propose.urls,
    *alias_preview.urls,
    *alias_tester.urls,
    *alias_recording.urls,
    *alias_blast.urls,
    *protections.urls,
    *break_glass.urls,
]
