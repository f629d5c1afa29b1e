"""Giving a service to another team."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from console.access import act_of, administered_teams, service_for
from console.forms.services import TransferForm
from console.htmx import go_to
from console.reauthentication import require_password
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.models import Service, Team
from releases.operations.transfers import Transferred, transfer_service
from releases.queries import transfers as query

PAGE: Final = "console/services/service_team.html"


@require_http_methods(["GET", "POST"])
def service_team(request: HttpRequest, region: str, service: str) -> HttpResponse:
    """For an admin of both teams."""
    found = service_for(request, region, service, Action.ADMINISTER)
    require_password(request)
    teams = administered_teams(request).exclude(pk=found.team_id)
    posted = request.POST if request.method == "POST" else None
    form = TransferForm(posted, initial={"owner": found.team_id}, teams=teams)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        seen, to = form.cleaned_data["owner"], form.cleaned_data["to"]
        try:
            done = transfer_service(act_of(request), found, seen=seen, to=to)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            _say(request, found, to, done)
            return go_to(request, reverse("functions", args=[region, service]))
    context = {
        "service": found,
        "form": form,
        "teams": teams,
        "waiting": query.open_requests(found).count(),
        "relying": query.relying(found.aliases.filter(retired_at=None).order_by("name")),
    }
    return render(request, PAGE, context, status=status)


def _say(request: HttpRequest, service: Service, to: Team, done: Transferred) -> None:
    messages.success(request, f"Service {service.name} belongs to team {to.name} now.")
    if done.kept:
        told = ", ".join(alias.name for alias in done.kept)
        messages.info(request, f"Nothing was loosened: what they had is now their own protection: {told}.")
    if done.requests:
        messages.info(request, f"Open change requests, now judged by team {to.name}: {len(done.requests)}.")


urls = [path("services/<str:service>/team/", service_team, name="service-team")]
