"""What the panel, as it is filled in at the moment, would do: its sentence, its bar and its oddities."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from console.access import alias_for, service_for
from console.forms.policies import PolicyForm
from console.htmx import fragment
from releases.core.lint import lint
from releases.core.policies import Policy
from releases.core.policy_words import sentence
from releases.models import Alias, Service
from releases.queries import lint as lint_query
from releases.queries import versions as version_query

SENTENCE = "console/aliases/_alias_sentence.html"
LINT = "console/aliases/_alias_lint.html"


@require_POST
def alias_sentence(request: HttpRequest, region: str, service: str, name: str = "") -> HttpResponse:
    """The draft in words; what the linter finds comes along. `name` is the alias's that is edited, if any."""
    found = service_for(request, region, service)
    alias = alias_for(request, region, service, name) if name else None
    context = {"service": found, "alias": alias, **preview(found, draft(request, found), alias)}
    return fragment(request, SENTENCE, context, also=[LINT])


def draft(request: HttpRequest, service: Service) -> Policy | None:
    """The policy that was sent, or None while it is not complete."""
    form = PolicyForm(request.POST, versions=version_query.versions(service))
    form.is_valid()
    return form.policy


def preview(service: Service, policy: Policy | None, alias: Alias | None = None) -> dict[str, Any]:
    """What the panel shows beside its fields. Facts of recorded calls come with the alias."""
    if policy is None:
        return {"policy": None}
    findings = lint(policy, lint_query.facts(service, policy))
    return {"policy": policy, "sentence": sentence(policy), "findings": findings}


urls = [
    path("services/<str:service>/alias-sentence/", alias_sentence, name="alias-sentence"),
    path("services/<str:service>/aliases/<str:name>/alias-sentence/", alias_sentence, name="alias-sentence"),
]
