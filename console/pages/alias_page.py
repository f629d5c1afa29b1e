"""One alias: how it is set, what its callers really got, and its history."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from console import charts, splits
from console.access import alias_for, revision_for, user_of
from console.htmx import fragment
from console.pages.alias_recording import recording_of
from console.pages.protections import protection_of
from invocations.queries import totals_of_revisions
from releases.core import moves, protection_words
from releases.core.protections import applies
from releases.models import Alias, AliasRevision
from releases.queries import aliases as query
from releases.queries import change_list, changes, traffic

NEWEST: Final = 20  # revisions in its list and its menu; the time machine has all
WINDOWS: Final = {
    "1h": ("1 h", timedelta(hours=1)),
    "24h": ("24 h", timedelta(hours=24)),
    "7d": ("7 d", timedelta(days=7)),
    "30d": ("30 d", timedelta(days=30)),
}
RECENT: Final = timedelta(minutes=10)

POLICY = "console/aliases/_alias_policy.html"
REVISIONS = "console/aliases/_alias_revisions.html"
SPLIT = "console/aliases/_alias_split.html"
TRAFFIC = "console/aliases/_alias_traffic.html"


@require_GET
def alias(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name)
    at = timezone.now()
    context = _standing(request, found, at) | _split(request, found, at) | _traffic(request, found, at)
    context |= recording_of(found) | protection_of(request, found, at)
    return render(request, "console/aliases/alias_detail.html", context)


def _standing(request: HttpRequest, alias: Alias, at: datetime) -> dict[str, Any]:
    """How the alias is set, where its buttons lead, its open change requests and its newest revisions."""
    history = query.history(alias, query.revisions(alias)[:NEWEST])
    made = change_list.made(past.revision.pk for past in history)
    protection = changes.protection_of(alias)
    state = query.state(alias)
    proposed = change_list.visible(changes.open_of(alias), user_of(request).pk)
    return {
        "service": alias.service,
        "state": state,
        "back": query.rollback_policy(alias),
        "per_minute": per_minute(alias, at),
        "protection": protection,
        "asks": {
            "switch": bool(applies(protection, state.policy, moves.switch_all(state.policy))),
            "delete": bool(applies(protection, state.policy, None)),
        },
        "protection_sentence": protection_words.sentence(protection),
        "proposed": change_list.lines(proposed[:NEWEST], at=at),
        "history": [{"past": past, "change": made.get(past.revision.pk)} for past in history],
    }


def per_minute(alias: Alias, at: datetime) -> int:
    """Calls a minute of late, for the buttons to say what they move."""
    recent = traffic.alias_traffic(alias, since=at - RECENT, until=at)
    return sum(slot.invocations for slot in recent.slots) * 60 // int(RECENT.total_seconds())


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
        "numbers": list(query.revisions(alias).values_list("number", flat=True)[:NEWEST]),
        "shown": _shown(revision, split.calls),
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
        "changes": query.history(alias, served.marks),
    }


@require_GET
def alias_traffic(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    context = _traffic(request, alias_for(request, region, service, name), timezone.now())
    if request.GET.get("shown") == context["traffic_shown"]:
        return HttpResponse(status=204)
    return fragment(request, TRAFFIC, context)


_ALIAS = "services/<str:service>/aliases/<str:name>/"

urls = [
    path(_ALIAS, alias, name="alias"),
    path(_ALIAS + "split/", alias_split, name="alias-split"),
    path(_ALIAS + "split.csv", alias_split_csv, name="alias-split-csv"),
    path(_ALIAS + "traffic/", alias_traffic, name="alias-traffic"),
]
