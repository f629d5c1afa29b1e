"""The tab Triggers of an HTTP function: the addresses under which it answers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console.access import act_of, function_for, trigger_for
from console.forms.triggers import CreateTriggerForm, TriggerForm, initial
from console.htmx import go_to, refused
from console.invoke import proxy_path
from console.pages.function_page import OpenFunction, frame, open_function
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.core.triggers import METHODS, Auth, parse_http
from releases.models import Trigger
from releases.operations import triggers as operation
from releases.queries import triggers as query

PAGE = "console/functions/function_triggers.html"
FORM = "console/functions/function_trigger.html"


@require_GET
def function_triggers(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    opened = _open(request, region, service, name)
    context = frame(opened, "triggers")
    known = _qualifiers(context)
    # Triggers have no version: whatever is looked at, those of the working copy lead to it.
    latest = opened.service.functions.filter(name=name, type="http").first()
    rows = [_row(opened, trigger, known) for trigger in query.triggers(latest)] if latest else []
    return render(request, PAGE, context | {"rows": rows, "needs_region": _needs_region(region)})


@require_http_methods(["GET", "POST"])
def function_trigger_create(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    opened = _open(request, region, service, name, Action.EDIT)
    function = function_for(request, region, service, name, Action.EDIT)
    context = frame(opened, "triggers")
    data = request.POST if request.method == "POST" else None
    form = CreateTriggerForm(data, qualifiers=_qualifiers(context))
    if not form.is_valid():
        return _form(request, context, form)
    try:
        operation.create_trigger(act_of(request), function, name=form.cleaned_data["name"], **_setting(form))
    except Refused as refusal:
        return _form(request, context, form, refusal=refusal)
    messages.success(request, f"Trigger {form.cleaned_data['name']} was created.")
    return go_to(request, opened.url("function-triggers"))


@require_http_methods(["GET", "POST"])
def function_trigger_edit(
    request: HttpRequest, region: str, service: str, name: str, trigger: str
) -> HttpResponse:
    opened = _open(request, region, service, name, Action.EDIT)
    found = trigger_for(function_for(request, region, service, name, Action.EDIT), trigger)
    context = frame(opened, "triggers") | {"trigger": found}
    data = request.POST if request.method == "POST" else None
    form = TriggerForm(data, initial=initial(found), qualifiers=_qualifiers(context))
    if not form.is_valid():
        return _form(request, context, form)
    try:
        operation.change_trigger(act_of(request), found, **_setting(form))
    except Refused as refusal:
        return _form(request, context, form, refusal=refusal)
    messages.success(request, f"Trigger {trigger} was saved.")
    return go_to(request, opened.url("function-triggers"))


@require_POST
def function_trigger_delete(
    request: HttpRequest, region: str, service: str, name: str, trigger: str
) -> HttpResponse:
    found = trigger_for(function_for(request, region, service, name, Action.EDIT), trigger)
    try:
        operation.delete_trigger(act_of(request), found)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"Trigger {trigger} was deleted.")
    return go_to(request, open_function(request, region, service, name).url("function-triggers"))


def _open(
    request: HttpRequest, region: str, service: str, name: str, action: Action = Action.VIEW
) -> OpenFunction:
    opened = open_function(request, region, service, name, action)
    if not opened.is_http:
        raise Http404(f"Function '{name}' is called by events: it has no triggers.")
    return opened


def _form(
    request: HttpRequest, context: dict[str, Any], form: TriggerForm, *, refusal: Refused | None = None
) -> HttpResponse:
    status = 409 if refusal else 422 if form.is_bound else 200
    return render(request, FORM, context | {"form": form, "refusal": refusal}, status=status)


def _setting(form: TriggerForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "qualifier": data["qualifier"],
        "config": form.config(),
        "description": data["description"],
    }


def _qualifiers(context: dict[str, Any]) -> list[str]:
    """Where the function is, of what the frame knows."""
    return ["LATEST", *map(str, context["numbers"]), *(state.name for state in context["states"])]


def _row(opened: OpenFunction, trigger: Trigger, known: list[str]) -> dict[str, Any]:
    """A trigger as the list shows it: `is_idle` when nothing can answer at its qualifier, `can_open` when a
    browser can go there.
    """
    http = parse_http(trigger.config)
    is_anonymous = http.auth is Auth.ANONYMOUS
    address = proxy_path(opened.service.name, trigger.qualifier, opened.function.name)
    return {
        "trigger": trigger,
        "methods": http.methods,
        "is_any_method": http.methods == METHODS,
        "is_anonymous": is_anonymous,
        "can_open": is_anonymous and "GET" in http.methods and not _needs_region(opened.service.region),
        "url": f"{settings.GATEWAY_URL}{address}/",
        "is_idle": trigger.qualifier not in known,
    }


def _needs_region(region: str) -> bool:
    """Whether a request must name the region, because the gateway takes another when none is named."""
    return region != settings.REGIONS[0]


_FUNCTION = "services/<str:service>/functions/<str:name>"
_TRIGGER = f"{_FUNCTION}/triggers/<str:trigger>"
urls = [
    path(f"{_FUNCTION}/triggers/", function_triggers, name="function-triggers"),
    path(f"{_FUNCTION}/triggers/new/", function_trigger_create, name="function-trigger-create"),
    path(f"{_TRIGGER}/edit/", function_trigger_edit, name="function-trigger-edit"),
    path(f"{_TRIGGER}/delete/", function_trigger_delete, name="function-trigger-delete"),
]
