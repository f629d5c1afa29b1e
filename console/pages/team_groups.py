"""Groups of a team: people of whom a protection may ask one to approve."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from console.access import act_of, group_for, team_for
from console.form_page import form_page, posted
from console.forms.teams import GroupForm, MembersForm
from console.htmx import go_to, refused
from console.reauthentication import require_password
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.models import Team, User
from releases.operations import teams as operation
from releases.operations.catalog import NameTaken
from releases.queries import teams as query

FORM = "console/teams/team_group.html"


@require_http_methods(["GET", "POST"])
def team_group_create(request: HttpRequest, team: int) -> HttpResponse:
    found = team_for(request, team, Action.ADMINISTER)
    require_password(request)
    form = GroupForm(posted(request), people=_people(found))

    def do() -> tuple[str, str]:
        name = form.cleaned_data["name"]
        if found.groups.filter(name=name).exists():
            raise NameTaken(f"There is a group '{name}' already.")
        operation.set_group(act_of(request), found, name=name, members=form.chosen)
        return f"Group {name} was created.", reverse("team", args=[team])

    return form_page(request, FORM, form, do, refused_at="name", context={"team": found})


@require_http_methods(["GET", "POST"])
def team_group(request: HttpRequest, team: int, group: int) -> HttpResponse:
    found = team_for(request, team, Action.ADMINISTER)
    require_password(request)
    row = group_for(found, group)
    now = list(row.members.values_list("pk", flat=True))
    form = MembersForm(posted(request), initial={"members": now}, people=_people(found))

    def do() -> tuple[str, str]:
        operation.set_group(act_of(request), found, name=row.name, members=form.chosen)
        return f"Group {row.name} was saved.", reverse("team", args=[team])

    return form_page(request, FORM, form, do, refused_at="members", context={"team": found, "group": row})


@require_POST
def team_group_delete(request: HttpRequest, team: int, group: int) -> HttpResponse:
    found = team_for(request, team, Action.ADMINISTER)
    row = group_for(found, group)
    try:
        operation.delete_group(act_of(request), found, name=row.name)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"Group {row.name} was deleted.")
    return go_to(request, reverse("team", args=[team]))


def _people(team: Team) -> list[User]:
    return [member.user for member in query.memberships(team, programs=False)]


urls = [
    path("teams/<int:team>/groups/new/", team_group_create, name="team-group-create"),
    path("teams/<int:team>/groups/<int:group>/", team_group, name="team-group"),
    path("teams/<int:team>/groups/<int:group>/delete/", team_group_delete, name="team-group-delete"),
]
