"""Proposing instead of changing: where the protection of an alias asks for approval."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from console.access import act_of, alias_for, revision_for
from console.forms.changes import DeleteForm, ProposeForm
from console.forms.policies import initial
from console.htmx import fragment, go_to, is_htmx
from invocations.refusals import Refused
from releases.core import moves, policies, policy_words
from releases.core.policies import Policy
from releases.core.rights import Action
from releases.models import Alias, ChangeRequest
from releases.operations import changes as operation
from releases.operations.change_notes import path_of
from releases.operations.change_rows import Proposed
from releases.queries import aliases as query
from releases.queries.aliases import AliasState

DELETE = "console/aliases/alias_propose_delete.html"
DELETE_FORM = "console/aliases/_alias_propose_delete.html"
SWITCH, ROLL_BACK = "switch", "rollback"


def prefilled(request: HttpRequest, state: AliasState) -> tuple[Policy, dict[str, object]]:
    """Where the panel opens: as the alias stands, or on the move that `?as=` names; and what it fills in."""
    wanted = request.GET.get("as", "")
    if not wanted:
        return state.policy, {}
    policy, title, more = _move(state, wanted)
    return policy, initial(policy) | {"title": title} | more


def _move(state: AliasState, wanted: str) -> tuple[Policy, str, dict[str, object]]:
    """What a button would do, by its name or by the number of the revision that it restores."""
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
        revision = revision_for(state.alias, int(wanted))
        policy = policies.parse(revision.policy)
        return policy, f"Restore revision {revision.number}", {"description": revision.description}
    found = {SWITCH: moves.switch_all(state.policy), ROLL_BACK: query.rollback_policy(state.alias)}
    target = found.get(wanted)
    if target is None:
        raise Http404("There is no such move of this alias.")
    verb = "Switch all traffic to" if wanted == SWITCH else "Roll back to"
    return target, f"{verb} version {target.primary}", {}


def propose_url(alias: Alias, wanted: str) -> str:
    """The panel, filled in with a move that needs approval."""
    address = reverse("alias-edit", args=[alias.service.region, alias.service.name, alias.name])
    return f"{address}?as={wanted}"


def propose(request: HttpRequest, alias: Alias, form: ProposeForm) -> HttpResponse:
    """Make a request of what was typed. Raises Refused."""
    setting = form.setting()
    now = query.state(alias).policy
    title = form.cleaned_data["title"] or " ".join(policy_words.changes(now, setting.policy))
    proposed = Proposed(ChangeRequest.Kind.POLICY, title, setting)
    return _made(request, alias, proposed, base=form.cleaned_data["base_revision"])


@require_http_methods(["GET", "POST"])
def alias_propose_delete(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    """What the delete button leads to where the alias is protected."""
    found = alias_for(request, region, service, name, Action.RELEASE)
    state = query.state(found)
    posted = request.POST if request.method == "POST" else None
    form = DeleteForm(posted, initial={"base_revision": state.revision.number})
    context = {"service": found.service, "alias": found, "state": state, "form": form}
    if not form.is_bound:
        return render(request, DELETE, context)
    template = DELETE_FORM if is_htmx(request) else DELETE
    if not form.is_valid():
        return fragment(request, template, context, status=422)
    title = form.cleaned_data["title"] or f"Delete alias {name}"
    proposed = Proposed(ChangeRequest.Kind.DELETE, title)
    try:
        return _made(request, found, proposed, base=form.cleaned_data["base_revision"])
    except Refused as refusal:
        return fragment(request, template, context | {"refusal": refusal}, status=409)


def _made(request: HttpRequest, alias: Alias, proposed: Proposed, *, base: int) -> HttpResponse:
    draft = "draft" in request.POST
    change = operation.propose(act_of(request), alias, proposed, base_revision=base, draft=draft)
    words = "is a draft that only you see" if draft else "was proposed"
    messages.success(request, f"Change request {change.pk} {words}.")
    return go_to(request, path_of(change))


urls = [
    path(
        "services/<str:service>/aliases/<str:name>/propose-delete/",
        alias_propose_delete,
        name="alias-propose-delete",
    ),
]
