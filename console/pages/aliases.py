"""Alias management: the aliases of a service, and the panel that creates and edits one."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from console.access import act_of, alias_for, region_for, seen_teams, service_for
from console.forms import policies, rules
from console.forms.aliases import AliasForm, CreateAliasForm, initial
from console.htmx import fragment, go_to, is_htmx
from console.pages import (
    alias_blast,
    alias_history,
    alias_moves,
    alias_page,
    alias_preview,
    alias_recording,
    alias_tester,
    break_glass,
    protections,
)
from console.pages.alias_preview import draft, preview
from console.pages.alias_tester import TEST, tested, tester
from invocations.refusals import Refused
from releases.core.policies import Policy
from releases.core.rights import Action
from releases.models import Service
from releases.operations import aliases as operation
from releases.queries import aliases as query
from releases.queries import catalog
from releases.queries import versions as version_query

PAGE_SIZE: Final = 20

FORM = "console/aliases/_alias_form.html"
CREATE = "console/aliases/alias_create.html"
EDIT = "console/aliases/alias_edit.html"
ASIDES: Final = {rules.ADD, rules.REMOVE, TEST}
"""Buttons of the panel that save nothing."""


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
    form = _panel(request, CreateAliasForm, found, {})
    if not form.is_bound:
        return _show(request, CREATE, context | {"form": form})
    if not form.is_valid():
        return _show(request, CREATE, context | {"form": form}, status=422)
    name = form.cleaned_data["name"]
    try:
        operation.create_alias(act_of(request), found, name=name, setting=form.setting())
    except Refused as refusal:
        return _show(request, CREATE, context | {"form": form, "refusal": refusal}, status=409)
    messages.success(request, f"Alias {name} was created.")
    return go_to(request, reverse("alias", args=[region, service, name]))


@require_http_methods(["GET", "POST"])
def alias_edit(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    alias = alias_for(request, region, service, name, Action.RELEASE)
    state = query.state(alias)
    context = {"service": alias.service, "alias": alias, "state": state}
    form = _panel(request, AliasForm, alias.service, initial(state))
    if not form.is_bound:
        return _show(request, EDIT, context | {"form": form})
    if not form.is_valid():
        return _show(request, EDIT, context | {"form": form}, status=422)
    base = form.cleaned_data["base_revision"]
    try:
        made = operation.change_alias(act_of(request), alias, base_revision=base, setting=form.setting())
    except Refused as refusal:
        return _show(request, EDIT, context | {"form": form, "refusal": refusal}, status=409)
    messages.success(request, f"Alias {name} has a new revision, number {made.number}.")
    return go_to(request, reverse("alias", args=[region, service, name]))


def _panel(
    request: HttpRequest, kind: type[AliasForm], service: Service, opened: dict[str, object]
) -> AliasForm:
    """The panel as it opens; as it was sent; or, after a button within it, as it was typed so far."""
    versions = version_query.versions(service)
    if request.method != "POST":
        return kind(initial=opened, versions=versions)
    if ASIDES & request.POST.keys():
        return kind(initial=policies.typed(request.POST, kind), versions=versions)
    return kind(request.POST, versions=versions)


def _show(request: HttpRequest, page: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """The whole page, or the panel alone, with what it would do and the tester beside it."""
    service, alias, form = context["service"], context.get("alias"), context["form"]
    policy = form.policy if form.is_bound else _draft(request, context)
    beside = tested(request, policy, alias) if TEST in request.POST else tester(request)
    context |= preview(service, policy, alias) | beside
    return fragment(request, FORM if is_htmx(request) else page, context, status=status)


def _draft(request: HttpRequest, context: dict[str, Any]) -> Policy | None:
    """What a panel that judges nothing would do: the alias as it stands, or what was typed so far."""
    if request.method == "POST":
        return draft(request, context["service"])
    return context["state"].policy if "state" in context else None


urls = [
    path("aliases/", aliases_home, name="aliases-home"),
    path("services/<str:service>/aliases/", aliases, name="aliases"),
    path("services/<str:service>/alias-create/", alias_create, name="alias-create"),
    path("services/<str:service>/aliases/<str:name>/edit/", alias_edit, name="alias-edit"),
    *alias_page.urls,
    *alias_history.urls,
    *alias_moves.urls,
    *alias_preview.urls,
    *alias_tester.urls,
    *alias_recording.urls,
    *alias_blast.urls,
    *protections.urls,
    *break_glass.urls,
]
