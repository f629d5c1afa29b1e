"""The buttons that move an alias: switch all traffic, roll back, restore, delete."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from console.access import act_of, alias_for, revision_for
from console.forms.aliases import MoveForm
from console.forms.history import RestoreForm
from console.htmx import go_to, refused
from console.pages.alias_propose import ROLL_BACK, SWITCH, propose_url
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.models import Alias, AliasRevision
from releases.operations import aliases as operation
from releases.operations.aliases import NeedsApproval
from releases.queries import aliases as query


@require_POST
def alias_switch(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name, Action.RELEASE)
    return _move(request, found, operation.switch_all, propose=propose_url(found, SWITCH))


@require_POST
def alias_rollback(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name, Action.RELEASE)
    return _go_back(request, found, operation.roll_back, propose=propose_url(found, ROLL_BACK))


@require_POST
def alias_restore(request: HttpRequest, region: str, service: str, name: str, number: int) -> HttpResponse:
    found = alias_for(request, region, service, name, Action.RELEASE)
    revision = revision_for(found, number)
    propose = propose_url(found, str(revision.number))
    return _go_back(request, found, operation.restore, propose=propose, number=revision.number)


def _go_back(
    request: HttpRequest, alias: Alias, move: Callable[..., AliasRevision], *, propose: str, **arguments: int
) -> HttpResponse:
    """With the reason that a protected alias asks for."""
    form = RestoreForm(request.POST)
    if form.has_error("reason"):
        told = " ".join(map(str, form.errors["reason"]))
        return refused(request, f"The reason cannot be kept: {told}", status=422)
    reason = form.cleaned_data["reason"]
    return _move(request, alias, move, propose=propose, reason=reason, **arguments)


def _move(
    request: HttpRequest,
    alias: Alias,
    move: Callable[..., AliasRevision],
    *,
    propose: str,
    **arguments: object,
) -> HttpResponse:
    """Move the traffic of an alias by one button; `propose` is where to propose it, if that is needed."""
    form = MoveForm(request.POST)
    if not form.is_valid():
        reason = "The button does not say which revision it was shown with: open the page again."
        return refused(request, reason)
    try:
        made = move(act_of(request), alias, base_revision=form.cleaned_data["base_revision"], **arguments)
    except NeedsApproval as refusal:
        return refused(request, str(refusal), propose=propose)
    except Refused as refusal:
        return refused(request, str(refusal))
    (now,) = query.history(alias, [made])
    messages.success(request, f"Revision {made.number} of alias {alias.name} is in force. {now.sentence}")
    return go_to(request, reverse("alias", args=[alias.service.region, alias.service.name, alias.name]))


@require_POST
def alias_delete(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name, Action.RELEASE)
    try:
        operation.delete_alias(act_of(request), found)
    except NeedsApproval as refusal:
        propose = reverse("alias-propose-delete", args=[region, service, name])
        return refused(request, str(refusal), propose=propose)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"Alias {name} was deleted.")
    return go_to(request, reverse("aliases", args=[region, service]))


_ALIAS = "services/<str:service>/aliases/<str:name>/"

urls = [
    path(_ALIAS + "switch/", alias_switch, name="alias-switch"),
    path(_ALIAS + "rollback/", alias_rollback, name="alias-rollback"),
    path(_ALIAS + "restore/<int:number>/", alias_restore, name="alias-restore"),
    path(_ALIAS + "delete/", alias_delete, name="alias-delete"),
]
