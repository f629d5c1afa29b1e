"""Alias management: which versions an alias serves, and what its callers really got."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console import charts, splits
from console.access import act_of, alias_for, region_for, require, revision_for, service_for
from console.forms.aliases import AliasForm, CreateAliasForm, MoveForm, PolicyForm, initial
from console.htmx import fragment, go_to, is_htmx, refused
from invocations.queries import totals_of_revisions
from invocations.refusals import Refused
from releases.core import policies
from releases.core.policies import Policy
from releases.core.rights import Action
from releases.models import Alias, AliasRevision
from releases.operations import aliases as operation
from releases.queries import aliases as query
from releases.queries import catalog, traffic
from releases.queries import versions as version_query

PAGE_SIZE: Final = 20
WINDOWS: Final = {
    "1h": ("1 h", timedelta(hours=1)),
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
    "30d": ("30 d", timedelta(days=30)),
}
RECENT: Final = timedelta(minutes=10)

FORM = "console/aliases/_alias_form.html"
POLICY = "console/aliases/_alias_policy.html"
SENTENCE = "console/aliases/_alias_sentence.html"
REVISIONS = "console/aliases/_alias_revisions.html"
SPLIT = "console/aliases/_alias_split.html"
TRAFFIC = "console/aliases/_alias_traffic.html"


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
    return {"policy": policy, "sentence": policies.sentence(policy) if policy else ""}


@require_GET
def alias_sentence(request: HttpRequest, region: str, service: str) -> HttpResponse:
    """What the panel, as it is filled in at the moment, would do."""
    found = service_for(request, region, service)
    form = PolicyForm(request.GET, versions=version_query.versions(found))
    form.is_valid()
    return fragment(request, SENTENCE, {"service": found, **_preview(form.policy)})


@require_GET
def alias(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name)
    at = timezone.now()
    context = _standing(request, found, at) | _split(request, found, at) | _traffic(request, found, at)
    return render(request, "console/aliases/alias_detail.html", context)


def _standing(request: HttpRequest, alias: Alias, at: datetime) -> dict[str, Any]:
    """How the alias is set, where its buttons lead, and its history."""
    recent = traffic.alias_traffic(alias, since=at - RECENT, until=at)
    page = Paginator(query.revisions(alias), PAGE_SIZE).get_page(request.GET.get("page"))
    return {
        "service": alias.service,
        "state": query.state(alias),
        "back": query.rollback_policy(alias),
        "per_minute": sum(slot.invocations for slot in recent.slots) * 60 // int(RECENT.total_seconds()),
        "page": page,
        "history": query.history(alias, page),
    }


def _chosen(request: HttpRequest, alias: Alias) -> AliasRevision:
    """The revision whose split is looked at: the one in force, unless the address names another."""
    number = request.GET.get("revision", "")
    if number.isascii() and number.isdigit() and len(number) < 10:
        return revision_for(alias, int(number))
    return query.current(alias)


def _shown(revision: AliasRevision, n: int) -> str:
    return f"{revision.pk}-{n}"


def _split(request: HttpRequest, alias: Alias, at: datetime) -> dict[str, Any]:
    revision = _chosen(request, alias)
    (as_of,) = query.history(alias, [revision])
    split = traffic.alias_split(revision, as_of.policy, at=at)
    address = [alias.service.region, alias.service.name, alias.name]
    return {
        "service": alias.service,
        "alias": alias,
        "as_of": as_of,
        "is_current": revision.pk == alias.revision_id,
        "numbers": list(query.revisions(alias).values_list("number", flat=True)[:PAGE_SIZE]),
        "shown": _shown(revision, split.verdict.n),
        "csv_url": f"{reverse('alias-split-csv', args=address)}?revision={revision.number}",
        "chart": charts.split_chart([split]),
        **splits.shown(split),
    }


@require_GET
def alias_split(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    """The live split; what else is on the page comes along when somebody moved the alias meanwhile."""
    found = alias_for(request, region, service, name)
    revision = _chosen(request, found)
    totals = totals_of_revisions([revision.pk]).get(revision.pk, {})
    before = request.GET.get("shown", "")
    if before == _shown(revision, sum(n for n, _ in totals.values())):
        return HttpResponse(status=204)
    at = timezone.now()
    if before.partition("-")[0] in {"", str(revision.pk)}:
        return fragment(request, SPLIT, _split(request, found, at))
    context = _split(request, found, at) | _standing(request, found, at)
    return fragment(request, SPLIT, context, also=[POLICY, REVISIONS])


@require_GET
def alias_split_csv(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name)
    (as_of,) = query.history(found, [_chosen(request, found)])
    split = traffic.alias_split(as_of.revision, as_of.policy, at=timezone.now())
    return splits.csv_of([split], filename=f"{service}-{name}-revision-{as_of.revision.number}.csv")


def _traffic(request: HttpRequest, alias: Alias, at: datetime) -> dict[str, Any]:
    window = request.GET.get("window", "")
    window = window if window in WINDOWS else "1h"
    label, span = WINDOWS[window]
    served = traffic.alias_traffic(alias, since=at - span, until=at)
    policy = query.state(alias).policy
    n = sum(slot.invocations for slot in served.slots)
    return {
        "service": alias.service,
        "alias": alias,
        "window": window,
        "window_label": label,
        "windows": [(name, words) for name, (words, _) in WINDOWS.items()],
        "traffic_n": n,
        "traffic_shown": f"{window}-{n}-{alias.revision_id}",
        "traffic_chart": charts.traffic_chart(served, policy),
    }


@require_GET
def alias_traffic(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    context = _traffic(request, alias_for(request, region, service, name), timezone.now())
    if request.GET.get("shown") == context["traffic_shown"]:
        return HttpResponse(status=204)
    return fragment(request, TRAFFIC, context)


@require_POST
def alias_switch(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name, Action.RELEASE)
    return _move(request, found, operation.switch_all)


@require_POST
def alias_rollback(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name, Action.RELEASE)
    return _move(request, found, operation.roll_back)


@require_POST
def alias_restore(request: HttpRequest, region: str, service: str, name: str, number: int) -> HttpResponse:
    found = alias_for(request, region, service, name, Action.RELEASE)
    revision = revision_for(found, number)
    return _move(request, found, operation.restore, number=revision.number)


def _move(
    request: HttpRequest, alias: Alias, move: Callable[..., AliasRevision], **arguments: int
) -> HttpResponse:
    """Move the traffic of an alias by one button."""
    form = MoveForm(request.POST)
    if not form.is_valid():
        reason = "The button does not say which revision it was shown with: open the page again."
        return refused(request, reason)
    try:
        made = move(act_of(request), alias, base_revision=form.cleaned_data["base_revision"], **arguments)
    except Refused as refusal:
        return refused(request, str(refusal))
    (now,) = query.history(alias, [made])
    messages.success(request, f"Revision {made.number} of alias {alias.name} is in force. {now.sentence}")
    return go_to(request, reverse("alias", args=[alias.service.region, alias.service.name, alias.name]))


@require_POST
def alias_delete(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name, Action.RELEASE)
    try:
        operation.delete_alias(act_of(request), found)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"Alias {name} was deleted.")
    return go_to(request, reverse("aliases", args=[region, service]))


_SERVICE = "services/<str:service>/"
_ALIAS = _SERVICE + "aliases/<str:name>/"

urls = [
    path("aliases/", aliases_home, name="aliases-home"),
    path(_SERVICE + "aliases/", aliases, name="aliases"),
    path(_SERVICE + "alias-create/", alias_create, name="alias-create"),
    path(_SERVICE + "alias-sentence/", alias_sentence, name="alias-sentence"),
    path(_ALIAS, alias, name="alias"),
    path(_ALIAS + "edit/", alias_edit, name="alias-edit"),
    path(_ALIAS + "delete/", alias_delete, name="alias-delete"),
    path(_ALIAS + "switch/", alias_switch, name="alias-switch"),
    path(_ALIAS + "rollback/", alias_rollback, name="alias-rollback"),
    path(_ALIAS + "restore/<int:number>/", alias_restore, name="alias-restore"),
    path(_ALIAS + "split/", alias_split, name="alias-split"),
    path(_ALIAS + "split.csv", alias_split_csv, name="alias-split-csv"),
    path(_ALIAS + "traffic/", alias_traffic, name="alias-traffic"),
]
