"""Starting and cancelling test runs: what is asked for must exist before a worker is called."""

from __future__ import annotations

from django.db import transaction

from invocations import operations as runs
from invocations.models import TestRun
from invocations.operations import Plan
from invocations.refusals import Refused
from releases.core.names import parse_qualifier
from releases.models import Service
from releases.queries import catalog
from releases.queries import testruns as query

from .audit import Act


class NothingToInvoke(Refused):
    """No such function at that qualifier."""


class OtherType(Refused):
    """Events are not for HTTP functions, nor requests for event functions."""


@transaction.atomic
def start_test_run(act: Act, service: Service, plan: Plan) -> TestRun:
    """Queue a test run. Raises BadRun, BadRequestPlan, BadName, NothingToInvoke or OtherType."""
    shown = catalog.shown(service, parse_qualifier(plan.qualifier))
    if shown.missing:
        raise NothingToInvoke(shown.missing)
    if catalog.function(service, shown, plan.function) is None:
        raise NothingToInvoke(
            f"function '{plan.function}' does not exist in service '{service.name}' at {plan.qualifier}"
        )
    _check_type(plan, query.types(service, shown, plan.function))
    run = runs.start_run(plan, by=act.by.username, at=act.at)
    act.record("testrun.start", on=service, path=_path(run), after={"total": run.total, "run": run.pk})
    return run


def _check_type(plan: Plan, types: set[str]) -> None:
    """Raise OtherType."""
    if len(types) > 1:
        raise OtherType(
            f"the versions behind {plan.qualifier} differ: in one '{plan.function}' is an event function, in "
            "the other an HTTP function, and no call fits both; run each version by its number"
        )
    if plan.request is None and "http" in types:
        raise OtherType(f"'{plan.function}' is an HTTP function: say which request to send")
    if plan.request is not None and "http" not in types:
        raise OtherType(f"'{plan.function}' is an event function: it takes payloads, not requests")


@transaction.atomic
def cancel_test_run(act: Act, run: TestRun) -> TestRun:
    """Stop a run; what it counted stays. Raises AlreadyEnded."""
    run = runs.cancel_run(run, at=act.at)
    act.record(
        "testrun.cancel",
        on=catalog.owner(run.region, run.service),
        path=_path(run),
        after={"done": run.done, "run": run.pk},
    )
    return run


def _path(run: TestRun) -> str:
    return f"{run.service}/{run.function}@{run.qualifier}"
