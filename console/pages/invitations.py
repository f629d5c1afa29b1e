"""Taking up an invitation. Opening the link only asks; the button acts."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from console.access import act_as, act_of
from console.forms.teams import JoinForm
from releases.core.invitations import SENTENCES, State
from releases.models import Invitation, User
from releases.operations import invitations as operation
from releases.operations.catalog import NameTaken
from releases.queries import invitations as query
from releases.queries import teams

PAGE = "console/account/invitation.html"


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Asks whoever holds the link whether to join: as who is logged in, or with a new account."""
    found = query.by_secret(secret)
    if found is None:
        raise Http404("No invitation has this link.")
    state = query.state(found, teams.person(found.created_by), at=timezone.now())
    if state is not State.OPEN:
        return _over(request, SENTENCES[state])
    try:
        return _as_member(request, found) if request.user.is_authenticated else _as_new(request, found)
    except operation.InvitationOver as over:
        return _over(request, str(over))


def _as_member(request: HttpRequest, found: Invitation) -> HttpResponse:
    if request.method == "GET":
        return render(request, PAGE, {"invitation": found})
    team = operation.accept(act_of(request), found)
    messages.success(request, f"You joined {team.name}.")
    return redirect("team", team.pk)


def _as_new(request: HttpRequest, found: Invitation) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        user = User(username=form.cleaned_data["username"])
        try:
            operation.accept_as_new(act_as(request, user), found, password=form.cleaned_data["password"])
        except NameTaken as taken:
            form.add_error("username", str(taken))
            status = 409
        else:
            messages.success(request, f"Welcome, {user.username}. You joined {found.team.name}.")
            welcome = reverse("team", args=[found.team_id])
            response: HttpResponse = perform_login(request, user, redirect_url=welcome)
            return response
    return render(request, PAGE, {"invitation": found, "form": form}, status=status)


def _over(request: HttpRequest, sentence: str) -> HttpResponse:
    """410, and nothing about the team."""
    return render(request, "console/account/invitation_over.html", {"sentence": sentence}, status=410)


urls = [path("invitations/<str:secret>/", invitation, name="invitation")]
