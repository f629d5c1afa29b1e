"""Versions: immutable snapshots of a service, and which of them serve."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_POST

from console.access import act_of, region_for, seen_teams, service_for, shown_for, version_for
from console.forms.versions import LATEST, CompareVersionsForm, PublishForm
from console.htmx import go_to, refused
from console.pages import version_compare
from invocations.refusals import Refused
from releases.core.policy_words import canary_gets, primary_gets
from releases.core.rights import Action
from releases.models import Service
from releases.operations import versions as operation
from releases.queries import aliases as alias_query
from releases.queries import catalog
from releases.queries import versions as query

PAGE_SIZE = 20

Serving = dict[int, list[tuple[str, str, str]]]


@require_GET
def versions_home(request: HttpRequest, region: str) -> HttpResponse:
    """The only service's versions, or a choice of services."""
    found = catalog.services(region_for(region), teams=seen_teams(request))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    if page.paginator.count == 1:
        return redirect("versions", region, page[0].name)
    return render(request, "console/versions/versions_home.html", {"page": page})


@require_GET
def versions(request: HttpRequest, region: str, service: str) -> HttpResponse:
    found = service_for(request, region, service)
    return render(request, "console/versions/versions.html", _listed(request, found, PublishForm()))


@require_GET
def version(request: HttpRequest, region: str, service: str, number: int) -> HttpResponse:
    """One version: what it is, what serves it, and its functions."""
    found = version_for(request, region, service, number, Action.VIEW)
    at = shown_for(found.service, str(number))
    functions = Paginator(catalog.functions(found.service, at), PAGE_SIZE)
    context = {
        "service": found.service,
        "version": found,
        "serving": _serving(found.service)[found.number],
        "previous": query.before(found),
        "page": functions.get_page(request.GET.get("page")),
    }
    return render(request, "console/versions/version_detail.html", context)


@require_POST
def version_publish(request: HttpRequest, region: str, service: str) -> HttpResponse:
    found = service_for(request, region, service, Action.PUBLISH)
    form = PublishForm(request.POST)
    if not form.is_valid():
        return render(request, "console/versions/versions.html", _listed(request, found, form), status=422)
    try:
        version = operation.publish(act_of(request), found, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return render(request, "console/versions/versions.html", _listed(request, found, form), status=409)
    messages.success(request, f"Version {version.number} was published.")
    return go_to(request, reverse("versions", args=[region, service]))


@require_POST
def version_delete(request: HttpRequest, region: str, service: str, number: int) -> HttpResponse:
    version = version_for(request, region, service, number, Action.PUBLISH)
    try:
        operation.retire(act_of(request), version)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"Version {number} was deleted. Its number is not used again.")
    return go_to(request, reverse("versions", args=[region, service]))


def _listed(request: HttpRequest, service: Service, form: PublishForm) -> dict[str, Any]:
    page = Paginator(query.versions(service), PAGE_SIZE).get_page(request.GET.get("page"))
    serving = _serving(service)
    newest = query.newest(service)
    return {
        "service": service,
        "form": form,
        "page": page,
        "rows": [{"version": version, "serving": serving[version.number]} for version in page],
        "newest": newest,
        "newest_idle": newest is not None and not serving[newest.number],
        "differs": query.latest_differs(service),
        "function_count": service.functions.count(),
        "compare_form": _compare_form(service),
    }


def _compare_form(service: Service) -> CompareVersionsForm | None:
    """Opens on what publishing would change."""
    numbers = query.numbers(service)
    if not numbers:
        return None
    return CompareVersionsForm(numbers=numbers, initial={"a": str(numbers[0]), "b": LATEST})


def _serving(service: Service) -> Serving:
    """By version number: alias, what the version gets of its calls, and the part it plays there."""
    parts: Serving = defaultdict(list)
    for state in alias_query.aliases(service):
        policy, canary = state.policy, state.policy.canary
        parts[policy.primary].append((state.name, primary_gets(policy), "primary"))
        if canary:
            parts[canary.version].append((state.name, canary_gets(policy), "canary"))
    return parts


urls = [
    path("versions/", versions_home, name="versions-home"),
    path("services/<str:service>/versions/", versions, name="versions"),
    *version_compare.urls,
    path("services/<str:service>/versions/<int:number>/", version, name="version"),
    path("services/<str:service>/versions/publish/", version_publish, name="version-publish"),
    path("services/<str:service>/versions/<int:number>/delete/", version_delete, name="version-delete"),
]
