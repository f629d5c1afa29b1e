"""The webhooks of a team, and what they were sent."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console.access import act_of, team_for, webhook_for
from console.forms.webhooks import WebhookForm
from console.htmx import fragment, go_to, refused
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.models import Outgoing, Team
from releases.operations import webhooks as operation
from releases.queries import notices as query

SHOWN: Final = 20
PAGE: Final = "console/teams/team_webhooks.html"
DELIVERIES: Final = "console/teams/_webhook_deliveries.html"


@never_cache
@require_http_methods(["GET", "POST"])
def team_webhooks(request: HttpRequest, team: int) -> HttpResponse:
    """The list, and a form for one more. Its secret is in the answer to the form and nowhere else."""
    found = team_for(request, team, Action.ADMINISTER)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    made, status = None, 422 if form.is_bound else 200
    if form.is_valid():
        try:
            made = operation.add_webhook(act_of(request), found, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            form, status = WebhookForm(), 200
    context = {"team": found, "form": form, "made": made, "webhooks": query.webhooks(found)}
    return render(request, PAGE, context | _deliveries(found), status=status)


def _deliveries(team: Team) -> dict[str, Any]:
    rows = list(query.deliveries(team)[:SHOWN])
    shown = "-".join(str(part) for part in _state(rows))
    return {"team": team, "deliveries": rows, "shown": shown, "is_live": any(r.next_try_at for r in rows)}


def _state(rows: list[Outgoing]) -> tuple[int, int, int]:
    """Changes with whatever the list shows."""
    return (
        rows[0].pk if rows else 0,
        sum(row.tries for row in rows),
        sum(not row.next_try_at for row in rows),
    )


@require_GET
def webhook_deliveries(request: HttpRequest, team: int) -> HttpResponse:
    context = _deliveries(team_for(request, team, Action.ADMINISTER))
    if request.GET.get("shown") == context["shown"]:
        return HttpResponse(status=204)
    return fragment(request, DELIVERIES, context)


@require_POST
def webhook_test(request: HttpRequest, team: int, number: int) -> HttpResponse:
    webhook = webhook_for(request, team, number, Action.ADMINISTER)
    try:
        operation.send_test(act_of(request), webhook)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, "A test is on its way: its outcome is among the deliveries.")
    return go_to(request, reverse("team-webhooks", args=[team]))


@require_POST
def webhook_remove(request: HttpRequest, team: int, number: int) -> HttpResponse:
    webhook = webhook_for(request, team, number, Action.ADMINISTER)
    operation.remove_webhook(act_of(request), webhook)
    messages.success(request, "The webhook was removed. What was not sent yet never will be.")
    return go_to(request, reverse("team-webhooks", args=[team]))


_TEAM = "teams/<int:team>/webhooks/"

urls = [
    path(_TEAM, team_webhooks, name="team-webhooks"),
    path(_TEAM + "deliveries/", webhook_deliveries, name="webhook-deliveries"),
    path(_TEAM + "<int:number>/test/", webhook_test, name="webhook-test"),
    path(_TEAM + "<int:number>/remove/", webhook_remove, name="webhook-remove"),
]
