"""The tab Test of a function: call it once, as it is at the current qualifier."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from console.access import act_of
from console.forms.calls import EventForm, HttpForm
from console.htmx import fragment, is_htmx
from console.invoke import EventCall, HttpCall, Invoked, NotInvoked, invoke, proxy_path
from console.pages.function_page import OpenFunction, frame, open_function
from releases.core.rights import Action
from releases.operations.audit import Act
from releases.queries.aliases import policies_of


@require_GET
def function_test(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    opened = open_function(request, region, service, name)
    context = _page(opened) | {"form": _form(opened)}
    return render(request, "console/functions/function_test.html", context)


@require_POST
def function_invoke(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    opened = open_function(request, region, service, name, Action.INVOKE)
    form = _form(opened, request.POST)
    context: dict[str, Any] = {"form": form, "opened": opened, "function": opened.function}
    status = 200 if form.is_valid() else 422
    if form.is_valid():
        try:
            invoked = _invoke(act_of(request), opened, form.call())
            context |= {"invoked": invoked} | _routed(invoked)
        except NotInvoked as refusal:
            context["refusal"] = str(refusal)
            status = 409
    if is_htmx(request):
        return fragment(request, "console/functions/_function_result.html", context, status=status)
    page = _page(opened) | context
    return render(request, "console/functions/function_test.html", page, status=status)


def _form(opened: OpenFunction, data: QueryDict | None = None) -> EventForm | HttpForm:
    if not opened.is_http:
        return EventForm(data)
    return HttpForm(data, address=proxy_path(opened.service.name, opened.qualifier, opened.function.name))


def _page(opened: OpenFunction) -> dict[str, Any]:
    return frame(opened, "test") | {"invoke_url": opened.url("function-invoke")}


def _routed(invoked: Invoked) -> dict[str, Any]:
    """The alias revision that routed a call, and the part that the version which answered plays in it."""
    found = policies_of([invoked.alias_revision]).get(invoked.alias_revision)
    if found is None:
        return {}
    revision, policy = found
    return {"revision": revision, "part": "primary" if invoked.version == str(policy.primary) else "canary"}


def _invoke(act: Act, opened: OpenFunction, call: EventCall | HttpCall) -> Invoked:
    function = opened.function
    initializing_s = function.initialization_timeout_s if function.initializer else 0
    return invoke(
        by=act.by.username,
        region=opened.service.region,
        service=opened.service.name,
        qualifier=opened.qualifier,
        function=function.name,
        call=call,
        timeout_s=function.timeout_s + initializing_s,
        now=act.at.timestamp(),
    )


_FUNCTION = "services/<str:service>/functions/<str:name>"
urls = [
    path(f"{_FUNCTION}/test/", function_test, name="function-test"),
    path(f"{_FUNCTION}/invoke/", function_invoke, name="function-invoke"),
]
