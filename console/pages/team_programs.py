"""Service accounts: programs of a team that sign with access keys and never log in."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from console.access import act_of, team_for
from console.form_page import form_page, posted
from console.forms.teams import ProgramForm
from console.reauthentication import require_password
from releases.core.rights import OF_PROGRAMS, Action
from releases.operations.people import create_program

PAGE: Final = "console/teams/team_program.html"


@require_http_methods(["GET", "POST"])
def team_program_create(request: HttpRequest, team: int) -> HttpResponse:
    found = team_for(request, team, Action.ADMINISTER)
    require_password(request)
    form = ProgramForm(posted(request), choices=OF_PROGRAMS)

    def do() -> tuple[str, str]:
        made = create_program(act_of(request), found, **form.cleaned_data)
        told = f"Service account {made.username} was created. Next, make it a key."
        return told, reverse("program-keys", args=[team, made.pk])

    return form_page(request, PAGE, form, do, refused_at="name", context={"team": found})


urls = [path("teams/<int:team>/programs/new/", team_program_create, name="team-program-create")]
