"""Inviting somebody into a team by a link."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from console.access import act_of, team_for
from console.forms.teams import InvitationForm
from console.htmx import go_to, refused
from console.reauthentication import require_password
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.operations.invitations import invite, revoke_invitation


@require_http_methods(["GET", "POST"])
@never_cache
def team_invite(request: HttpRequest, team: int) -> HttpResponse:
    """The form; then the link, this once."""
    found = team_for(request, team, Action.ADMINISTER)
    require_password(request)
    form = InvitationForm(request.POST if request.method == "POST" else None)
    context = {"team": found, "form": form, "link": "", "roles": [], "expires_at": None}
    status = 422 if form.is_bound else 200
    if form.is_valid():
        act = act_of(request)
        roles, expires_at = form.cleaned_data["roles"], act.at + form.life
        secret = invite(act, found, roles=roles, expires_at=expires_at)
        link = settings.CONSOLE_URL + reverse("invitation", args=[secret])
        context |= {"link": link, "roles": roles, "expires_at": expires_at}
        status = 200
    return render(request, "console/teams/team_invite.html", context, status=status)


@require_POST
def team_invitation_revoke(request: HttpRequest, team: int, number: int) -> HttpResponse:
    found = team_for(request, team, Action.ADMINISTER)
    invitation = found.invitations.filter(pk=number).first()
    if invitation is None:
        raise Http404(f"There is no invitation {number} here.")
    try:
        revoke_invitation(act_of(request), invitation)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, "The invitation was withdrawn. Its link lets nobody in.")
    return go_to(request, reverse("team", args=[team]))


urls = [
    path("teams/<int:team>/invitations/new/", team_invite, name="team-invite"),
    path(
        "teams/<int:team>/invitations/<int:number>/revoke/",
        team_invitation_revoke,
        name="team-invitation-revoke",
    ),
]
