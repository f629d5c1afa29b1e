"""Editing what a change request proposes: the panel of the alias, opened on the payload."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from console.access import act_of, change_for
from console.forms import policies
from console.forms.changes import EditForm
from console.htmx import go_to, refused
from console.pages.alias_panel import panel, show
from invocations.refusals import Refused
from releases.core import approvals, policy_words
from releases.core.approvals import Status
from releases.core.rights import Action
from releases.models import ChangeRequest
from releases.operations import changes as operation
from releases.operations.change_notes import path_of
from releases.operations.change_rows import Proposed
from releases.queries import aliases, change_page
from releases.queries import changes as query

EDITABLE: Final = approvals.OPEN - {Status.SCHEDULED}
EDIT: Final = "console/changes/change_edit.html"
NO_PANEL: Final = {
    ChangeRequest.Kind.DELETE: "There is nothing to edit about deleting an alias: cancel the request.",
    ChangeRequest.Kind.PROTECTION: "A protection is proposed as a whole: cancel this and propose another.",
}


@require_http_methods(["GET", "POST"])
def change_edit(request: HttpRequest, region: str, number: int) -> HttpResponse:
    """Saving makes the next payload, on top of the revision that the panel was opened on."""
    change = change_for(request, region, number, Action.RELEASE)
    why_not = NO_PANEL.get(ChangeRequest.Kind(change.kind), "")
    if request.method == "GET" and Status(change.status) not in EDITABLE:
        why_not = f"The request is {approvals.words(Status(change.status))} and cannot be edited."
    if why_not:
        return refused(request, why_not)
    alias = change.alias
    form = panel(request, EditForm, alias.service, _opened(change))
    context: dict[str, Any] = {
        "service": alias.service,
        "alias": alias,
        "state": aliases.state(alias),
        "change": change,
        "next_payload": query.payload_of(change).number + 1,
        "columns": change_page.columns_of(change),
        "form": form,
    }
    if not form.is_bound:
        return show(request, EDIT, context, opened=query.proposal(change).policy)
    if not form.is_valid():
        return show(request, EDIT, context, status=422)
    given = form.cleaned_data
    setting = form.setting()
    title = given["title"] or " ".join(policy_words.changes(context["state"].policy, setting.policy))
    proposed = Proposed(change.kind, title, setting)
    try:
        made = operation.edit(
            act_of(request), change, proposed, seen=given["seen"], base_revision=given["base_revision"]
        )
    except Refused as refusal:
        return show(request, EDIT, context | {"refusal": refusal}, status=409)
    messages.success(request, f"Payload {query.payload_of(made).number} is what is proposed now.")
    return go_to(request, path_of(made))


def _opened(change: ChangeRequest) -> dict[str, object]:
    """The payload as the panel opens on it. An edit stands on what is in force: its author sees that too."""
    wanted = query.proposal(change)
    return (policies.initial(wanted.policy) if wanted.policy else {}) | {
        "title": change.title,
        "description": wanted.description,
        "reason": wanted.reason,
        "base_revision": aliases.current(change.alias).number,
        "seen": query.payload_of(change).digest,
    }


urls = [path("changes/<int:number>/edit/", change_edit, name="change-edit")]
