"""Service accounts: programs of a team that sign with access keys and never log in."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from console.access import act_of, team_for
from console.forms.teams import ProgramForm
from console.htmx import go_to
from console.reauthentication import require_password
from releases.core.rights import OF_PROGRAMS, Action
from releases.operations.catalog import NameTaken
from releases.operations.people import create_program


@require_http_methods(["GET", "POST"])
def team_program_create(request: HttpRequest, team: int) -> HttpResponse:
    found = team_for(request, team, Action.ADMINISTER)
    require_password(request)
    form = ProgramForm(request.POST if request.method == "POST" else None, choices=OF_PROGRAMS)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            program = create_program(act_of(request), found, **form.cleaned_data)
        except NameTaken as refusal:
            form.add_error("name", str(refusal))
            status = 409
        else:
            messages.success(request, f"Service account {program.username} was created. Next, make it a key.")
            return go_to(request, reverse("program-keys", args=[team, program.pk]))
    context = {"team": found, "form": form}
    return render(request, "console/teams/team_program.html", context, status=status)


urls = [path("teams/<int:team>/programs/new/", team_program_create, name="team-program-create")]
