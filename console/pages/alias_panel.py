"""The panel that creates an alias, changes one, and edits what a change request proposes."""

from __future__ import annotations

from typing import Any, Final, TypeVar

from django.http import HttpRequest, HttpResponse

from console.forms import policies
from console.forms.aliases import AliasForm
from console.forms.rules import RULES
from console.htmx import fragment, is_htmx
from console.pages.alias_preview import draft, preview, proposing
from console.pages.alias_tester import TEST, tested, tester
from releases.core.policies import Policy
from releases.models import Service
from releases.queries import versions as version_query

FORM: Final = "console/aliases/_alias_form.html"
ASIDES: Final = {RULES.add, RULES.remove, TEST}
"""Buttons of the panel that save nothing."""

AnyForm = TypeVar("AnyForm", bound=AliasForm)


def panel(request: HttpRequest, kind: type[AnyForm], service: Service, opened: dict[str, object]) -> AnyForm:
    """The panel as it opens; as it was sent; or, after a button within it, as it was typed so far."""
    versions = version_query.versions(service)
    if request.method != "POST":
        return kind(initial=opened, versions=versions)
    if ASIDES & request.POST.keys():
        return kind(initial=policies.typed(request.POST, kind), versions=versions)
    return kind(request.POST, versions=versions)


def show(
    request: HttpRequest,
    page: str,
    context: dict[str, Any],
    *,
    opened: Policy | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or the panel alone, with what it would do and the tester beside it.

    `opened` is the policy that the panel opens on.
    """
    service, alias, form = context["service"], context.get("alias"), context["form"]
    policy = form.policy if form.is_bound else _draft(request, service, opened)
    beside = tested(request, policy, alias) if TEST in request.POST else tester(request)
    context |= preview(service, policy, alias) | proposing(request, policy, alias, context.get("change"))
    context |= beside
    return fragment(request, FORM if is_htmx(request) else page, context, status=status)


def _draft(request: HttpRequest, service: Service, opened: Policy | None) -> Policy | None:
    """What a panel that judges nothing would do: as it opens, or what was typed so far."""
    return draft(request, service) if request.method == "POST" else opened
