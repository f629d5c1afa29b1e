"""What an alias demands before it changes: in words on its page, and the forms that set it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from console.access import act_of, alias_for, may, team_for
from console.forms.protection_rows import zones
from console.forms.protections import (
    ASIDES,
    OWN,
    TEAM,
    AliasProtectionForm,
    ProtectionForm,
    TeamProtectionForm,
    initial,
    typed,
)
from console.htmx import fragment, go_to, is_htmx
from invocations.refusals import Refused
from releases.core import protection_document
from releases.core import protection_words as words
from releases.core.protections import NONE, Protection
from releases.core.rights import Action
from releases.models import Alias, ChangeRequest, Team
from releases.operations import aliases, changes
from releases.operations.change_notes import path_of
from releases.operations.change_rows import Proposed
from releases.operations.protections import protect_team
from releases.queries import changes as query
from releases.queries import teams

FORM: Final = "console/protections/_protection_form.html"
SENTENCE: Final = "console/protections/_protection_sentence.html"
ALIAS: Final = "console/protections/alias_protection.html"
TEAM_PAGE: Final = "console/protections/team_protection.html"


def protection_of(request: HttpRequest, alias: Alias, at: datetime) -> dict[str, Any]:
    """What `_protection.html` shows: the protection in force, what opens next, who may break the glass."""
    team, protection = alias.service.team, query.protection_of(alias)
    closed = protection.closed(at) if protection.when else ""
    return _told(protection, team) | {
        "service": alias.service,
        "alias": alias,
        "protection": protection,
        "is_own_protection": alias.protection is not None,
        "closed": closed,
        "turns": protection.turns(at) if protection.when else None,
        "freezes": [words.freeze(freeze) for freeze in words.coming(protection, at)],
        "breakers": teams.members(team, Action.BREAK_GLASS) if protection.when else [],
        "may_break": may(request, Action.BREAK_GLASS, alias.service),
        "may_protect": may(request, Action.RELEASE, alias.service),
    }


def _told(protection: Protection | None, team: Team) -> dict[str, Any]:
    """A protection in words; None while its form is not complete."""
    if protection is None:
        return {"told": ""}
    reviewers = teams.reviewers(team) if protection.when else []
    able = sum(reviewer.may_approve for reviewer in reviewers)
    return {
        "told": words.sentence(protection, approvers=able),
        "told_details": words.details(protection),
        "shortages": words.shortages(protection, reviewers),
    }


@require_http_methods(["GET", "POST"])
def alias_protection(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    alias = alias_for(request, region, service, name, Action.RELEASE)
    form, context = _alias_form(request, alias), _alias_context(alias) | _alias_preview(request, alias)
    if not form.is_bound:
        return _show(request, ALIAS, form, context)
    if not form.is_valid():
        return _show(request, ALIAS, form, context, status=422)
    try:
        return _propose(request, alias, form) if context["in_force"] else _protect(request, alias, form)
    except Refused as refusal:
        return _show(request, ALIAS, form, context | {"refusal": refusal}, status=409)


def _protect(request: HttpRequest, alias: Alias, form: AliasProtectionForm) -> HttpResponse:
    aliases.protect_alias(act_of(request), alias, protection=form.wanted)
    now = form.wanted or query.protection_of_team(alias.service.team) or NONE
    messages.success(request, f"Alias {alias.name}: {words.sentence(now)}")
    return go_to(request, reverse("alias", args=[alias.service.region, alias.service.name, alias.name]))


def _propose(request: HttpRequest, alias: Alias, form: AliasProtectionForm) -> HttpResponse:
    title = form.cleaned_data["title"].strip() or f"Change the protection of {alias.name}"
    made = changes.propose(
        act_of(request),
        alias,
        Proposed(
            ChangeRequest.Kind.PROTECTION, title, protection=form.wanted, seen=form.cleaned_data["seen"]
        ),
        base_revision=form.cleaned_data["base_revision"],
    )
    messages.success(request, f"Proposed as change request {made.pk}. Until it is applied, nothing changes.")
    return go_to(request, path_of(made))


@require_http_methods(["GET", "POST"])
def team_protection(request: HttpRequest, team: int) -> HttpResponse:
    """What the team's aliases demand unless they have a protection of their own."""
    found = team_for(request, team, Action.ADMINISTER)
    form, back = _team_form(request, found), reverse("team", args=[found.pk])
    context: dict[str, Any] = {"team": found, "back": back} | _team_preview(request, found)
    if not form.is_bound:
        return _show(request, TEAM_PAGE, form, context)
    if not form.is_valid():
        return _show(request, TEAM_PAGE, form, context, status=422)
    seen = form.cleaned_data["seen"]
    try:
        kept = protect_team(act_of(request), found, protection=form.wanted, seen=seen)
    except Refused as refusal:
        return _show(request, TEAM_PAGE, form, context | {"refusal": refusal}, status=409)
    messages.success(request, f"Team {found.name}: {words.sentence(form.wanted or NONE)}")
    if kept:
        told = ", ".join(f"{alias.service.name}/{alias.name}" for alias in kept)
        messages.info(request, f"Nothing was loosened: what they had is now their own protection: {told}.")
    return go_to(request, back)


@require_POST
def protection_sentence(
    request: HttpRequest, team: int = 0, region: str = "", service: str = "", name: str = ""
) -> HttpResponse:
    """The form, as it is filled in at the moment, in words."""
    if team:
        return fragment(request, SENTENCE, _team_preview(request, team_for(request, team, Action.ADMINISTER)))
    alias = alias_for(request, region, service, name, Action.RELEASE)
    return fragment(request, SENTENCE, _alias_preview(request, alias))


def _alias_form(request: HttpRequest, alias: Alias, *, judged: bool = False) -> AliasProtectionForm:
    """The form as it opens; as it was sent; or, after a button within it, as it was typed so far."""
    now = query.protection_of(alias)
    make = partial(
        AliasProtectionForm,
        current=query.own_protection(alias) or NONE,
        groups=teams.group_names(alias.service.team),
    )
    if request.method == "POST":
        is_aside = ASIDES & request.POST.keys() and not judged
        return make(initial=typed(request.POST, AliasProtectionForm)) if is_aside else make(request.POST)
    revision = alias.revision.number if alias.revision else 0
    source = OWN if alias.protection is not None or not now.when else TEAM
    return make(
        initial=initial(now)
        | {"source": source, "base_revision": revision}
        | {"seen": protection_document.digest(now)}
    )


def _team_form(request: HttpRequest, team: Team, *, judged: bool = False) -> TeamProtectionForm:
    now = query.protection_of_team(team)
    make = partial(TeamProtectionForm, current=now or NONE, groups=teams.group_names(team))
    if request.method == "POST":
        is_aside = ASIDES & request.POST.keys() and not judged
        return make(initial=typed(request.POST, TeamProtectionForm)) if is_aside else make(request.POST)
    return make(initial=initial(now or NONE) | {"seen": protection_document.digest(now)})


def _alias_preview(request: HttpRequest, alias: Alias) -> dict[str, Any]:
    team = alias.service.team
    if request.method != "POST":
        return _told(query.protection_of(alias), team)
    form = _alias_form(request, alias, judged=True)
    is_whole = form.is_valid()
    return _told((form.wanted or query.protection_of_team(team) or NONE) if is_whole else None, team)


def _team_preview(request: HttpRequest, team: Team) -> dict[str, Any]:
    if request.method != "POST":
        return _told(query.protection_of_team(team) or NONE, team)
    form = _team_form(request, team, judged=True)
    is_whole = form.is_valid()
    return _told((form.wanted or NONE) if is_whole else None, team)


def _alias_context(alias: Alias) -> dict[str, Any]:
    protection = query.protection_of(alias)
    return {
        "service": alias.service,
        "alias": alias,
        "team": alias.service.team,
        "in_force": bool(protection.when),
        "now": words.sentence(protection),
        "of_team": words.sentence(query.protection_of_team(alias.service.team) or NONE),
    }


def _show(
    request: HttpRequest, page: str, form: ProtectionForm, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """The whole page, or the form alone, with what it would demand."""
    context |= {"form": form, "zones": sorted(zones())}
    return fragment(request, FORM if is_htmx(request) else page, context, status=status)


_ALIAS = "services/<str:service>/aliases/<str:name>/protection/"
_TEAM = "teams/<int:team>/protection/"

urls = [
    path(_ALIAS, alias_protection, name="alias-protection"),
    path(_ALIAS + "sentence/", protection_sentence, name="protection-sentence"),
]
team_urls = [
    path(_TEAM, team_protection, name="team-protection"),
    path(_TEAM + "sentence/", protection_sentence, name="protection-sentence"),
]
