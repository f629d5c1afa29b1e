"""Teams: who owns services, and who may do what to them."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from console.access import act_of, may_team, person_of, require_administrator, seen_teams, team_for
from console.form_page import form_page, posted
from console.forms.teams import TeamForm
from console.pages import team_groups, team_invitations, team_members, team_programs
from releases.core.rights import Action
from releases.models import Team
from releases.operations import teams as operation
from releases.queries import invitations as invitation_query
from releases.queries import teams as query

PAGE_SIZE = 20
SHOWN_OVER = 20


@require_GET
def teams(request: HttpRequest) -> HttpResponse:
    found = query.listed(seen_teams(request))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    roles = person_of(request).roles
    rows = [{"team": team, "roles": sorted(roles.get(team.name, ()))} for team in page]
    return render(request, "console/teams/teams.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "POST"])
def team_create(request: HttpRequest) -> HttpResponse:
    require_administrator(request)
    form = TeamForm(posted(request))

    def do() -> tuple[str, str]:
        made = operation.create_team(act_of(request), **form.cleaned_data)
        return f"Team {made.name} was created. Next, give it members.", reverse("team", args=[made.pk])

    return form_page(request, "console/teams/team_create.html", form, do, refused_at="name")


@require_GET
def team(request: HttpRequest, team: int) -> HttpResponse:
    found = team_for(request, team)
    administer = may_team(request, Action.ADMINISTER, found)
    context = {
        "team": found,
        "administer": administer,
        "people": query.memberships(found, programs=False),
        "programs": query.memberships(found, programs=True),
        "groups": query.groups(found),
    }
    if administer:
        context |= _invitations(found)
    return render(request, "console/teams/team_detail.html", context)


def _invitations(team: Team) -> dict[str, Any]:
    """All open ones, for whoever holds such a link may come in, and the newest of the others."""
    now = timezone.now()
    over = invitation_query.over_of(team, at=now)[:SHOWN_OVER]
    rows = [*invitation_query.open_of(team, at=now), *over]
    inviters = query.people({row.created_by_id for row in rows})
    return {
        "invitations": [
            {"invitation": row, "state": invitation_query.state(row, inviters[row.created_by_id], at=now)}
            for row in rows
        ]
    }


urls = [
    path("teams/", teams, name="teams"),
    path("teams/new/", team_create, name="team-create"),
    path("teams/<int:team>/", team, name="team"),
    *team_members.urls,
    *team_groups.urls,
    *team_programs.urls,
    *team_invitations.urls,
]
