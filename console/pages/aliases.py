"""Alias management: the aliases of a service, and the panel that creates and edits one."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from console.access import act_of, alias_for, region_for, require, service_for
from console.forms.aliases import AliasForm, CreateAliasForm, PolicyForm, initial
from console.htmx import fragment, go_to, is_htmx
from console.pages import alias_history, alias_moves, alias_page
from invocations.refusals import Refused
from releases.core.policies import Policy
from releases.core.policy_words import sentence
from releases.core.rights import Action
from releases.operations import aliases as operation
from releases.queries import aliases as query
from releases.queries import catalog
from releases.queries import versions as version_query

PAGE_SIZE: Final = 20

FORM = "console/aliases/_alias_form.html"
SENTENCE = "console/aliases/_alias_sentence.html"


@require_GET
def aliases_home(request: HttpRequest, region: str) -> HttpResponse:
    """The only service's aliases, or a choice of services."""
    require(request, Action.VIEW, region_for(region))
    page = Paginator(catalog.services(region), PAGE_SIZE).get_page(request.GET.get("page"))
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
    versions = version_query.versions(found)
    form = CreateAliasForm(request.POST if request.method == "POST" else None, versions=versions)
    context = {"service": found, "form": form, "has_versions": versions.exists()}
    page = "console/aliases/alias_create.html"
    if not form.is_bound:
        return render(request, page, context)
    if not form.is_valid():
        return _form(request, page, context, status=422)
    name = form.cleaned_data["name"]
    try:
        operation.create_alias(act_of(request), found, name=name, setting=form.setting())
    except Refused as refusal:
        return _form(request, page, context | {"refusal": refusal}, status=409)
    messages.success(request, f"Alias {name} was created.")
    return go_to(request, reverse("alias", args=[region, service, name]))


@require_http_methods(["GET", "POST"])
def alias_edit(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    alias = alias_for(request, region, service, name, Action.RELEASE)
    state = query.state(alias)
    data = request.POST if request.method == "POST" else None
    form = AliasForm(data, initial=initial(state), versions=version_query.versions(alias.service))
    context = {"service": alias.service, "state": state, "form": form}
    page = "console/aliases/alias_edit.html"
    if not form.is_bound:
        return render(request, page, context | _preview(state.policy))
    if not form.is_valid():
        return _form(request, page, context, status=422)
    base = form.cleaned_data["base_revision"]
    try:
        made = operation.change_alias(act_of(request), alias, base_revision=base, setting=form.setting())
    except Refused as refusal:
        return _form(request, page, context | {"refusal": refusal}, status=409)
    messages.success(request, f"Alias {name} has a new revision, number {made.number}.")
    return go_to(request, reverse("alias", args=[region, service, name]))


def _form(request: HttpRequest, page: str, context: dict[str, Any], *, status: int) -> HttpResponse:
    preview = _preview(context["form"].policy)
    return fragment(request, FORM if is_htmx(request) else page, context | preview, status=status)


def _preview(policy: Policy | None) -> dict[str, Any]:
    return {"policy": policy, "sentence": sentence(policy) if policy else ""}


@require_GET
def alias_sentence(request: HttpRequest, region: str, service: str) -> HttpResponse:
    """What the panel, as it is filled in at the moment, would do."""
    found = service_for(request, region, service)
    form = PolicyForm(request.GET, versions=version_query.versions(found))
    form.is_valid()
    return fragment(request, SENTENCE, {"service": found, **_preview(form.policy)})


urls = [
    path("aliases/", aliases_home, name="aliases-home"),
    path("services/<str:service>/aliases/", aliases, name="aliases"),
    path("services/<str:service>/alias-create/", alias_create, name="alias-create"),
    path("services/<str:service>/alias-sentence/", alias_sentence, name="alias-sentence"),
    path("services/<str:service>/aliases/<str:name>/edit/", alias_edit, name="alias-edit"),
    *alias_page.urls,
    *alias_history.urls,
    *alias_moves.urls,
]
