"""What the panel, as it is filled in at the moment, would do: its sentence, its bar and its oddities.

And on a protected alias, what approvals the change would need.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from console.access import alias_for, change_for, may, service_for, user_of
from console.forms.changes import ProposeForm
from console.forms.policies import PolicyForm
from console.htmx import fragment
from releases.core.lint import lint
from releases.core.policies import Policy
from releases.core.policy_words import sentence
from releases.core.protections import applies
from releases.core.rights import Action
from releases.models import Alias, ChangeRequest, Service
from releases.queries import aliases, changes, replay
from releases.queries import lint as lint_query
from releases.queries import versions as version_query
from releases.queries.change_needs import needs_of_draft

SENTENCE = "console/aliases/_alias_sentence.html"
LINT = "console/aliases/_alias_lint.html"
REQUIREMENT = "console/aliases/_alias_requirement.html"
ACTIONS = "console/aliases/_alias_actions.html"


@require_POST
def alias_sentence(request: HttpRequest, region: str, service: str, name: str = "") -> HttpResponse:
    """The draft in words; what the linter finds comes along. `name` is the alias's that is edited, if any."""
    found = service_for(request, region, service)
    alias = alias_for(request, region, service, name) if name else None
    change = _edited(request, region)
    policy = draft(request, found)
    context = {"service": found, "alias": alias, "change": change, **preview(found, policy, alias)}
    context |= proposing(request, policy, alias, change)
    also = [LINT, *([REQUIREMENT] if context["protection"] else [])]
    if alias and not change and bool(context["asked"]) != ("on" in request.POST.getlist("proposing")):
        # Only when another button is wanted: what is being typed as a title must not be lost.
        context |= {"form": ProposeForm(request.POST, versions=[]), "state": aliases.state(alias)}
        also.append(ACTIONS)
    return fragment(request, SENTENCE, context, also=also)


def _edited(request: HttpRequest, region: str) -> ChangeRequest | None:
    """The request whose payload the panel edits, if it does."""
    number = request.POST.get("change", "")
    plain = number.isascii() and number.isdigit() and len(number) < 10
    return change_for(request, region, int(number)) if plain else None


def draft(request: HttpRequest, service: Service) -> Policy | None:
    """The policy that was sent, or None while it is not complete."""
    form = PolicyForm(request.POST, versions=version_query.versions(service))
    form.is_valid()
    return form.policy


def preview(service: Service, policy: Policy | None, alias: Alias | None = None) -> dict[str, Any]:
    """What the panel shows beside its fields. Facts of recorded calls come with the alias."""
    if policy is None:
        return {"policy": None}
    seen = replay.facts_seen(alias) if alias else {}
    findings = lint(policy, lint_query.facts(service, policy, seen=seen))
    return {"policy": policy, "sentence": sentence(policy), "findings": findings}


def proposing(
    request: HttpRequest, policy: Policy | None, alias: Alias | None, change: ChangeRequest | None
) -> dict[str, Any]:
    """What the protection of the alias asks of the draft: why, and what approvals it will need.

    `protection` is None where nothing is ever asked: of a new alias, and of an unprotected one.
    """
    if alias is None or not changes.protection_of(alias).when:
        return {"protection": None, "asked": []}
    protection = changes.protection_of(alias)
    asked = applies(protection, aliases.state(alias).policy, policy) if policy else []
    needed = needs_of_draft(alias, policy, user_of(request), change) if policy and asked else None
    may_break = may(request, Action.BREAK_GLASS, alias.service)
    return {"protection": protection, "asked": asked, "needed": needed, "may_break": may_break}


urls = [
    path("services/<str:service>/alias-sentence/", alias_sentence, name="alias-sentence"),
    path("services/<str:service>/aliases/<str:name>/alias-sentence/", alias_sentence, name="alias-sentence"),
]
