"""Test runs: N invocations through one qualifier, and how they were split."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from console import charts, splits
from console.access import act_of, region_for, require, service_for, test_run_for
from console.forms.testruns import TestRunForm
from console.htmx import fragment, go_to, is_htmx, refused
from invocations.models import TestRun
from invocations.queries import test_runs
from invocations.refusals import Refused
from releases.core.names import LATEST, BadName, parse_qualifier
from releases.core.rights import Action
from releases.models import Service
from releases.operations import testruns as operation
from releases.queries import aliases as alias_query
from releases.queries import catalog, traffic
from releases.queries import versions as version_query

PAGE_SIZE: Final = 20
ENDED: Final = {TestRun.Status.FINISHED, TestRun.Status.CANCELLED}

FORM = "console/testruns/_testrun_form.html"
TARGET = "console/testruns/_testrun_target.html"
PROGRESS = "console/testruns/_testrun_progress.html"
SPLIT = "console/testruns/_testrun_split.html"


@require_GET
def testruns(request: HttpRequest, region: str) -> HttpResponse:
    require(request, Action.VIEW, region_for(region))
    page = Paginator(test_runs(region), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = traffic.run_verdicts(page)
    return render(request, "console/testruns/testruns.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "POST"])
def testrun_create(request: HttpRequest, region: str) -> HttpResponse:
    require(request, Action.INVOKE, region_for(region))
    form = _form_for(request, region)
    page = "console/testruns/testrun_create.html"
    if not form.is_bound:
        return render(request, page, {"form": form})
    if not form.is_valid() or form.plan is None:
        return fragment(request, FORM if is_htmx(request) else page, {"form": form}, status=422)
    service = service_for(request, region, form.plan.service, Action.INVOKE)
    try:
        run = operation.start_test_run(act_of(request), service, form.plan)
    except Refused as refusal:
        context = {"form": form, "refusal": refusal}
        return fragment(request, FORM if is_htmx(request) else page, context, status=409)
    return go_to(request, reverse("testrun", args=[region, run.pk]))


@require_GET
def testrun_target(request: HttpRequest, region: str) -> HttpResponse:
    """What can be chosen next, after a service or a qualifier was."""
    require(request, Action.INVOKE, region_for(region))
    return fragment(request, TARGET, {"form": _form_for(request, region)})


def _form_for(request: HttpRequest, region: str) -> TestRunForm:
    """The form, with what exists at the chosen service and qualifier to choose from."""
    bound = request.method == "POST"
    given = request.POST if bound else request.GET
    services = catalog.services(region)
    service = _picked(services, given.get("service", ""))
    qualifiers = _qualifiers(service) if service else []
    qualifier = given.get("qualifier", "")
    if qualifier not in dict(qualifiers) and not bound:
        qualifier = next((name for name, _ in qualifiers), "")
    functions = _functions(service, qualifier) if service else []
    return TestRunForm(
        request.POST if bound else None,
        initial={**given.dict(), "service": service.name if service else "", "qualifier": qualifier},
        region=region,
        services=[row.name for row in services],
        qualifiers=qualifiers,
        functions=functions,
    )


def _picked(services: QuerySet[Service], name: str) -> Service | None:
    """The chosen service, or else the first that has something to call."""
    chosen = next((service for service in services if service.name == name), None)
    return chosen or services.filter(functions__isnull=False).first() or services.first()


def _qualifiers(service: Service) -> list[tuple[str, str]]:
    """Aliases first, since they are what callers name; one whose primary version is gone answers nothing."""
    aliases = [
        (state.name, f"{state.name}: {state.sentence}")
        for state in alias_query.aliases(service)
        if state.policy.primary not in state.missing
    ]
    versions = [
        (
            str(version),
            f"Version {version}: {version.description}" if version.description else f"Version {version}",
        )
        for version in version_query.versions(service)
    ]
    return [*aliases, (str(LATEST), "LATEST: the working copy"), *versions]


def _functions(service: Service, qualifier: str) -> list[str]:
    try:
        shown = catalog.shown(service, parse_qualifier(qualifier))
    except BadName:
        return []
    return list(catalog.functions(service, shown).values_list("name", flat=True))


@require_GET
def testrun(request: HttpRequest, region: str, number: int) -> HttpResponse:
    run = test_run_for(request, region, number)
    state = traffic.run_state(run, at=timezone.now())
    return render(request, "console/testruns/testrun_detail.html", _progress(state) | _split(state))


def _under_way(run: TestRun) -> bool:
    return run.status not in ENDED


def _shown(run: TestRun) -> str:
    """Changes with everything that the fragments show of a run."""
    return f"{run.status}-{run.done}"


def _progress(state: traffic.RunState) -> dict[str, Any]:
    return {
        "run": state.run,
        "state": state,
        "rate": round(state.rate),
        "took": _took(state.run),
        "under_way": _under_way(state.run),
        "shown": _shown(state.run),
    }


def _took(run: TestRun) -> timedelta | None:
    return run.finished_at - run.started_at if run.finished_at and run.started_at else None


def _split(state: traffic.RunState) -> dict[str, Any]:
    run = state.run
    drawn = traffic.run_funnels(run, state.splits)
    policy = drawn[-1].policy if drawn else None
    return {
        "run": run,
        "state": state,
        "under_way": _under_way(run),
        "shown": _shown(run),
        "several": len(drawn) > 1,
        "splits": [splits.shown(split) for split in drawn],
        "split_chart": charts.split_chart(drawn, planned=run.total if _under_way(run) else None),
        "all_lines": splits.lines(state.versions, policy),
        "versions_chart": charts.versions_chart(state.versions, policy),
    }


@require_GET
def testrun_progress(request: HttpRequest, region: str, number: int) -> HttpResponse:
    run = test_run_for(request, region, number)
    if request.GET.get("shown") == _shown(run):
        return HttpResponse(status=204)
    return fragment(request, PROGRESS, _progress(traffic.run_state(run, at=timezone.now())))


@require_GET
def testrun_split(request: HttpRequest, region: str, number: int) -> HttpResponse:
    run = test_run_for(request, region, number)
    if request.GET.get("shown") == _shown(run):
        return HttpResponse(status=204)
    return fragment(request, SPLIT, _split(traffic.run_state(run, at=timezone.now())))


@require_GET
def testrun_csv(request: HttpRequest, region: str, number: int) -> HttpResponse:
    run = test_run_for(request, region, number)
    state = traffic.run_state(run, at=timezone.now())
    return splits.csv_of(traffic.run_funnels(run, state.splits), filename=f"test-run-{run.pk}.csv")


@require_POST
def testrun_cancel(request: HttpRequest, region: str, number: int) -> HttpResponse:
    run = test_run_for(request, region, number, Action.INVOKE)
    try:
        run = operation.cancel_test_run(act_of(request), run)
    except Refused as refusal:
        return refused(request, str(refusal))
    if is_htmx(request):
        return fragment(request, PROGRESS, _progress(traffic.run_state(run, at=timezone.now())))
    messages.info(request, f"Test run {run.pk} is being cancelled. What it counted stays.")
    return go_to(request, reverse("testrun", args=[region, run.pk]))


_RUN = "test-runs/<int:number>/"

urls = [
    path("test-runs/", testruns, name="testruns"),
    path("test-runs/new/", testrun_create, name="testrun-create"),
    path("test-runs/target/", testrun_target, name="testrun-target"),
    path(_RUN, testrun, name="testrun"),
    path(_RUN + "progress/", testrun_progress, name="testrun-progress"),
    path(_RUN + "split/", testrun_split, name="testrun-split"),
    path(_RUN + "split.csv", testrun_csv, name="testrun-csv"),
    path(_RUN + "cancel/", testrun_cancel, name="testrun-cancel"),
]
