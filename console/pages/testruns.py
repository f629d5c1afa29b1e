"""Test runs: N invocations through one qualifier, and how they were split."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from console import charts, splits
from console.access import act_of, region_for, seen_teams, test_run_for
from console.htmx import fragment, go_to, is_htmx, refused
from console.pages import testrun_create
from invocations.models import TestRun
from invocations.queries import test_runs
from invocations.refusals import Refused
from invocations.request_plan import parse
from releases.core.rights import Action
from releases.operations import testruns as operation
from releases.queries import catalog, traffic

PAGE_SIZE: Final = 20
ENDED: Final = {TestRun.Status.FINISHED, TestRun.Status.CANCELLED}

PROGRESS = "console/testruns/_testrun_progress.html"
SPLIT = "console/testruns/_testrun_split.html"


@require_GET
def testruns(request: HttpRequest, region: str) -> HttpResponse:
    services = catalog.names_of(seen_teams(request), region_for(region))
    page = Paginator(test_runs(region, services=services), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = traffic.run_verdicts(page)
    return render(request, "console/testruns/testruns.html", {"page": page, "rows": rows})


@require_GET
def testrun(request: HttpRequest, region: str, number: int) -> HttpResponse:
    run = test_run_for(request, region, number)
    state = traffic.run_state(run, at=timezone.now())
    return render(
        request, "console/testruns/testrun_detail.html", _progress(state) | _split(state) | _sent(run)
    )


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


def _sent(run: TestRun) -> dict[str, Any]:
    return {"sent": parse(run.request) if run.request is not None else None}


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
    *testrun_create.urls,
    path(_RUN, testrun, name="testrun"),
    path(_RUN + "progress/", testrun_progress, name="testrun-progress"),
    path(_RUN + "split/", testrun_split, name="testrun-split"),
    path(_RUN + "split.csv", testrun_csv, name="testrun-csv"),
    path(_RUN + "cancel/", testrun_cancel, name="testrun-cancel"),
]
