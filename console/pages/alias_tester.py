"""The panel's tester: where a request would go, and why, without invoking anything."""

from __future__ import annotations

import random
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from console.access import alias_for, service_for
from console.forms.tester import TesterForm
from console.htmx import fragment
from console.pages.alias_preview import draft
from releases.core.explain import Trace, explain
from releases.core.parameters import Attributes
from releases.core.policies import Policy
from releases.core.routing import compile_policy
from releases.models import Alias

TESTER = "console/aliases/_alias_tester.html"
TEST: Final = "test_request"
NEW_SALT: Final = "new-alias"
"""In place of the salt that an alias gets when it is created."""


@require_POST
def alias_tester(request: HttpRequest, region: str, service: str, name: str = "") -> HttpResponse:
    """Try the request on the draft. `name` is that of the alias that is edited, if there is one."""
    found = service_for(request, region, service)
    alias = alias_for(request, region, service, name) if name else None
    context = tested(request, draft(request, found), alias)
    status = 200 if context["tester"].is_valid() else 422
    return fragment(request, TESTER, {"service": found, "alias": alias, **context}, status=status)


def tested(request: HttpRequest, policy: Policy | None, alias: Alias | None) -> dict[str, Any]:
    """The tester with its answer; no trace where the draft or the request is not complete."""
    form = TesterForm(request.POST)
    trace = _try(policy, form.attributes(), alias) if policy and form.is_valid() else None
    return {"tester": form, "was_tested": True, "policy": policy, "trace": trace}


def tester(request: HttpRequest) -> dict[str, Any]:
    """The tester with what was typed so far, and no answer."""
    form = TesterForm()
    if request.method == "POST":
        names = {form.add_prefix(name): name for name in form.fields}
        form.initial = {name: request.POST[sent] for sent, name in names.items() if sent in request.POST}
    return {"tester": form}


def _try(policy: Policy, call: Attributes, alias: Alias | None) -> Trace:
    decide = compile_policy(policy, salt=alias.salt if alias else NEW_SALT, draw=random.random)
    read = {parameter: call.get(parameter) for parameter in policy.parameters}
    values = {parameter: value for parameter, value in read.items() if value is not None}
    return explain(policy, decide(call).reason, values)


urls = [
    path("services/<str:service>/alias-tester/", alias_tester, name="alias-tester"),
    path("services/<str:service>/aliases/<str:name>/alias-tester/", alias_tester, name="alias-tester"),
]
