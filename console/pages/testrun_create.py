"""A new test run: what is called, and what each call sends."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from console.access import act_of, region_for, require_team, service_for, test_run_for
from console.forms import drawn
from console.forms.offers import version_label
from console.forms.rows import Row
from console.forms.testruns import Choices, TestRunForm, shown
from console.htmx import fragment, go_to, is_htmx
from invocations.refusals import Refused
from invocations.request_plan import parse
from releases.core.names import LATEST, BadName, parse_qualifier
from releases.core.rights import Action
from releases.models import Service
from releases.operations import testruns as operation
from releases.queries import aliases as alias_query
from releases.queries import catalog
from releases.queries import testruns as query
from releases.queries import versions as version_query
from releases.queries.aliases import AliasState

SUGGEST: Final = "suggest"
ASIDES: Final = {drawn.ATTRIBUTES.add, drawn.ATTRIBUTES.remove, SUGGEST}
"""Buttons of the form that start nothing."""

FORM = "console/testruns/_testrun_form.html"
PAGE = "console/testruns/testrun_create.html"


@require_http_methods(["GET", "POST"])
def testrun_create(request: HttpRequest, region: str) -> HttpResponse:
    region_for(region)
    teams = require_team(request, Action.INVOKE)
    if request.method == "GET":
        return _show(request, _opened(request, region, teams))
    context = _sent(request, region, teams, judged=not ASIDES & request.POST.keys())
    form: TestRunForm = context["form"]
    if not form.is_bound:
        return _show(request, context)
    if not form.is_valid() or form.plan is None:
        return _show(request, context, status=422)
    service = service_for(request, region, form.plan.service, Action.INVOKE)
    try:
        run = operation.start_test_run(act_of(request), service, form.plan)
    except Refused as refusal:
        return _show(request, context | {"refusal": refusal}, status=409)
    return go_to(request, reverse("testrun", args=[region, run.pk]))


@require_POST
def testrun_form(request: HttpRequest, region: str) -> HttpResponse:
    """As typed so far, with what can be chosen next after a service, a qualifier or a function was."""
    region_for(region)
    teams = require_team(request, Action.INVOKE)
    return _show(request, _sent(request, region, teams, judged=False))


def _show(request: HttpRequest, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    return fragment(request, FORM if is_htmx(request) else PAGE, context, status=status)


def _opened(request: HttpRequest, region: str, teams: Collection[str]) -> dict[str, Any]:
    """The form as an address asks for it: for a service, qualifier and function, or like an earlier run."""
    given: dict[str, Any] = request.GET.dict()
    rows = None
    if "again" in given:
        run = test_run_for(request, region, _number(given["again"]))
        given = shown(run)
        rows = drawn.shown(parse(run.request).drawn) if run.request is not None else None
    choices, states = _choices(region, teams, given)
    suggested = _suggested(choices, states)
    form = TestRunForm(
        region=region, choices=choices, initial=given, rows=suggested if rows is None else rows
    )
    return {"form": form, "suggested": suggested}


def _sent(request: HttpRequest, region: str, teams: Collection[str], *, judged: bool) -> dict[str, Any]:
    """The form as it was sent to be judged, or as it was typed so far."""
    data = request.POST
    choices, states = _choices(region, teams, data.dict(), strict=judged)
    suggested = _suggested(choices, states)
    rows = drawn.ATTRIBUTES.edited(data)
    if SUGGEST in data or not (judged or rows or drawn.ATTRIBUTES.remove in data):
        rows = suggested
    form = TestRunForm(
        data if judged else None, region=region, choices=choices, initial=data.dict(), rows=rows
    )
    return {"form": form, "suggested": suggested}


def _number(text: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", text):
        raise Http404("There is no such test run here.")
    return int(text)


def _choices(
    region: str, teams: Collection[str], given: Mapping[str, Any], *, strict: bool = False
) -> tuple[Choices, list[AliasState]]:
    """What these teams have at the chosen service and qualifier. Unless `strict`, what is not there gives
    way.
    """
    services = catalog.services(region, teams=teams)
    service = _picked(services, given.get("service", ""))
    states = _callable_aliases(service) if service else []
    qualifiers = _qualifiers(service, states) if service else []
    qualifier = given.get("qualifier", "")
    if qualifier not in dict(qualifiers) and not strict:
        qualifier = next((name for name, _ in qualifiers), "")
    functions = _functions(service, qualifier) if service else {}
    function = given.get("function", "")
    if function not in functions and not strict:
        function = next(iter(functions), "")
    choices = Choices(
        services=[row.name for row in services],
        qualifiers=qualifiers,
        functions=functions,
        service=service.name if service else "",
        qualifier=qualifier,
        function=function,
    )
    return choices, states


def _picked(services: QuerySet[Service], name: str) -> Service | None:
    """The chosen service, or else the first that has something to call."""
    chosen = next((service for service in services if service.name == name), None)
    return chosen or services.filter(functions__isnull=False).first() or services.first()


def _callable_aliases(service: Service) -> list[AliasState]:
    """One whose primary version is gone answers nothing."""
    return [state for state in alias_query.aliases(service) if state.policy.primary not in state.missing]


def _qualifiers(service: Service, states: list[AliasState]) -> list[tuple[str, str]]:
    """Aliases first, since they are what callers name."""
    versions = [(str(version), version_label(version)) for version in version_query.versions(service)]
    aliases = [(state.name, f"{state.name}: {state.sentence}") for state in states]
    return [*aliases, (str(LATEST), "LATEST: the working copy"), *versions]


def _functions(service: Service, qualifier: str) -> dict[str, str]:
    try:
        at = catalog.shown(service, parse_qualifier(qualifier))
    except BadName:
        return {}
    return dict(catalog.functions(service, at).values_list("name", "type"))


def _suggested(choices: Choices, states: list[AliasState]) -> list[Row]:
    """Attributes that the chosen alias looks at, if there is one."""
    policy = next((state.policy for state in states if state.name == choices.qualifier), None)
    return drawn.shown(query.attributes(policy)) if policy is not None and choices.is_http else []


urls = [
    path("test-runs/new/", testrun_create, name="testrun-create"),
    path("test-runs/form/", testrun_form, name="testrun-form"),
]
