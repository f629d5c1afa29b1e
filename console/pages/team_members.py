"""The people of a team and their roles."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from console.access import act_of, member_for, team_for
from console.form_page import form_page, posted
from console.forms.teams import NewMemberForm, RolesForm
from console.htmx import go_to, refused
from console.reauthentication import require_password
from invocations.refusals import Refused
from releases.core.rights import OF_PROGRAMS, Action, Role
from releases.operations import people, teams

FORM = "console/teams/team_member.html"


@require_http_methods(["GET", "POST"])
def team_member_add(request: HttpRequest, team: int) -> HttpResponse:
    """Give roles to somebody who has an account."""
    found = team_for(request, team, Action.ADMINISTER)
    require_password(request)
    form = NewMemberForm(posted(request), team=found)

    def do() -> tuple[str, str]:
        teams.set_roles(act_of(request), found, form.user, form.cleaned_data["roles"])
        return f"{form.user.username} joined {found.name}.", reverse("team", args=[team])

    return form_page(request, FORM, form, do, refused_at="roles", context={"team": found})


@require_http_methods(["GET", "POST"])
def team_member(request: HttpRequest, team: int, account: int) -> HttpResponse:
    """The roles of one person, or of one service account."""
    found = team_for(request, team, Action.ADMINISTER)
    require_password(request)
    member = member_for(found, account)
    choices = OF_PROGRAMS if member.user.is_program else Role
    form = RolesForm(posted(request), initial={"roles": member.roles}, choices=choices)

    def do() -> tuple[str, str]:
        teams.set_roles(act_of(request), found, member.user, form.cleaned_data["roles"])
        return f"The roles of {member.user.username} were saved.", reverse("team", args=[team])

    return form_page(request, FORM, form, do, refused_at="roles", context={"team": found, "member": member})


@require_POST
def team_member_remove(request: HttpRequest, team: int, account: int) -> HttpResponse:
    """Take all roles away. A service account ends with them."""
    found = team_for(request, team, Action.ADMINISTER)
    user = member_for(found, account).user
    try:
        if user.is_program:
            people.retire_program(act_of(request), found, user)
        else:
            teams.set_roles(act_of(request), found, user, ())
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"{user.username} is no longer in {found.name}.")
    return go_to(request, reverse("team", args=[team]))


urls = [
    path("teams/<int:team>/members/new/", team_member_add, name="team-member-add"),
    path("teams/<int:team>/members/<int:account>/", team_member, name="team-member"),
    path("teams/<int:team>/members/<int:account>/remove/", team_member_remove, name="team-member-remove"),
]
