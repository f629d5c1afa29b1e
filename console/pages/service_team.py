"""Giving a service to another team."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from console.access import act_of, administered_teams, service_for
from console.form_page import form_page, posted
from console.forms.services import TransferForm
from console.reauthentication import require_password
from releases.core.rights import Action
from releases.models import Team
from releases.operations.transfers import Transferred, transfer_service
from releases.queries import transfers as query

PAGE: Final = "console/services/service_team.html"


@require_http_methods(["GET", "POST"])
def service_team(request: HttpRequest, region: str, service: str) -> HttpResponse:
    """For an admin of both teams."""
    found = service_for(request, region, service, Action.ADMINISTER)
    require_password(request)
    teams = administered_teams(request).exclude(pk=found.team_id)
    form = TransferForm(posted(request), initial={"owner": found.team_id}, teams=teams)

    def do() -> tuple[str, str]:
        seen, to = form.cleaned_data["owner"], form.cleaned_data["to"]
        done = transfer_service(act_of(request), found, seen=seen, to=to)
        return _what_came_of_it(service, to, done), reverse("functions", args=[region, service])

    context = {
        "service": found,
        "teams": teams,
        "waiting": query.open_requests(found).count(),
        "relying": query.relying(found.aliases.filter(retired_at=None).order_by("name")),
    }
    return form_page(request, PAGE, form, do, context=context)


def _what_came_of_it(service: str, to: Team, done: Transferred) -> str:
    told = [f"Service {service} belongs to team {to.name} now."]
    if done.kept:
        names = ", ".join(alias.name for alias in done.kept)
        told.append(f"Nothing was loosened: what they had is now their own protection: {names}.")
    if done.requests:
        told.append(f"Open change requests, now judged by team {to.name}: {len(done.requests)}.")
    return " ".join(told)


urls = [path("services/<str:service>/team/", service_team, name="service-team")]
