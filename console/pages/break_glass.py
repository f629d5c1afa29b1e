"""Breaking the glass of a protected alias: what it does, who is told, and until when somebody must agree."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from console.access import act_of, alias_for, user_of
from console.forms import policies
from console.forms.break_glass import BreakGlassForm
from console.forms.rules import RULES
from console.htmx import fragment, go_to, is_htmx, refused
from console.pages.alias_page import per_minute
from console.pages.alias_preview import LINT, SENTENCE, draft, preview
from console.reauthentication import require_password
from invocations.refusals import Refused
from releases.core import protection_words as words
from releases.core.rights import Action
from releases.models import Alias, ChangeRequest
from releases.operations import break_glass as operation
from releases.operations.change_notes import path_of
from releases.queries import aliases as alias_query
from releases.queries import changes as query
from releases.queries import versions as version_query

FORM: Final = "console/protections/_break_glass_form.html"
PAGE: Final = "console/protections/alias_break_glass.html"
ASIDES: Final = {RULES.add, RULES.remove}
"""Buttons of the form that change nothing."""


@require_http_methods(["GET", "POST"])
def alias_break_glass(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    alias = alias_for(request, region, service, name, Action.BREAK_GLASS)
    if not query.protection_of(alias).when:
        return refused(request, f"Alias {name} is not protected: change it directly.")
    if not ASIDES & request.POST.keys():
        require_password(request)
    form = _form(request, alias)
    if not form.is_bound:
        return _show(request, alias, form)
    if not form.is_valid():
        return _show(request, alias, form, status=422)
    reason, base = form.cleaned_data["reason"], form.cleaned_data["base_revision"]
    setting = form.setting(alias_query.current(alias).description)
    try:
        made = operation.break_glass(act_of(request), alias, setting, base_revision=base, reason=reason)
    except Refused as refusal:
        return _show(request, alias, form, refusal=refusal, status=409)
    messages.warning(
        request,
        f"The glass is broken: alias {name} is changed. Somebody must agree until {_until(made)}.",
    )
    return go_to(request, path_of(made))


@require_POST
def glass_sentence(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    """What callers would get, as the form is filled in at the moment."""
    alias = alias_for(request, region, service, name, Action.BREAK_GLASS)
    context = {"service": alias.service, "alias": alias}
    context |= preview(alias.service, draft(request, alias.service), alias)
    return fragment(request, SENTENCE, context, also=[LINT])


def _form(request: HttpRequest, alias: Alias) -> BreakGlassForm:
    versions = version_query.versions(alias.service)
    if request.method != "POST":
        state = alias_query.state(alias)
        opened = policies.initial(state.policy) | {"base_revision": state.revision.number}
        return BreakGlassForm(initial=opened, versions=versions)
    if ASIDES & request.POST.keys():
        return BreakGlassForm(initial=policies.typed(request.POST, BreakGlassForm), versions=versions)
    return BreakGlassForm(request.POST, versions=versions)


def _show(
    request: HttpRequest,
    alias: Alias,
    form: BreakGlassForm,
    *,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    at, protection, state = timezone.now(), query.protection_of(alias), alias_query.state(alias)
    posted = request.method == "POST"
    context: dict[str, Any] = {
        "service": alias.service,
        "alias": alias,
        "state": state,
        "form": form,
        "refusal": refusal,
        "protection": protection,
        "asked": words.sentence(protection),
        "told": [user for user in operation.told_of(alias) if user.pk != user_of(request).pk],
        "ratify": words.duration(protection.ratify),
        "ratify_by": at + protection.ratify,
        "per_minute": per_minute(alias, at),
    }
    context |= preview(alias.service, draft(request, alias.service) if posted else state.policy, alias)
    return fragment(request, FORM if is_htmx(request) else PAGE, context, status=status)


def _until(request: ChangeRequest) -> str:
    return words.moment(timezone.localtime(request.ratify_by))


_GLASS = "services/<str:service>/aliases/<str:name>/break-glass/"

urls = [
    path(_GLASS, alias_break_glass, name="alias-break-glass"),
    path(_GLASS + "sentence/", glass_sentence, name="glass-sentence"),
]
