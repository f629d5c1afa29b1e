"""`manage.py demo`: a canary release from the first line of code to the verdict, without a browser."""

from __future__ import annotations

import time
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from console.stack.sample import HANDLER, REGION, packages
from console.templatetags.serin import share
from invocations.models import TestRun
from invocations.operations import Plan
from releases.core.policies import Canary, Policy
from releases.core.policy_words import sentence
from releases.core.verdicts import Outcome
from releases.models import Service, Team, User
from releases.operations import aliases, catalog, testruns, versions
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.catalog import Configuration
from releases.queries.traffic import RunState, run_state

INVOCATIONS = 2000
CONCURRENCY = 32
WEIGHT_BP = 3000
PATIENCE_S = 300.0


class Command(BaseCommand):
    help = "Play a whole canary release against the running Serin and judge its split; exits 1 when it fails."

    def handle(self, **options: Any) -> None:
        by = User.objects.order_by("pk").first()
        if by is None:
            raise CommandError("there is no user yet: start Serin with manage.py up first")
        service = self._release(by)
        run = self._test(by, service)
        state = run_state(run, at=timezone.now())
        self.stdout.write(_table(state))
        if run.errors or state.verdict is None or state.verdict.outcome is not Outcome.PASS:
            raise CommandError("the demo failed: see the table")

    def _release(self, by: User) -> Service:
        """Two versions, and an alias that splits 70/30 between them."""
        first, second = packages()
        service = catalog.create_service(
            _act(by),
            region=REGION,
            name=f"demo-{time.time_ns()}",
            team=Team.objects.filter(memberships__user=by)[0],
            description="made by manage.py demo",
        )
        self._say(f"created service {service.name} in {REGION}")
        configuration = Configuration(runtime="python3", handler=HANDLER, timeout_s=10)
        function = catalog.create_function(
            _act(by), service, name="checkout", configuration=configuration, package=first
        )
        versions.publish(_act(by), service, description="first")
        alias = aliases.create_alias(_act(by), service, name="alias1", setting=Setting(policy=Policy(1)))
        self._say("created function checkout, published version 1, created alias1 on it")
        catalog.deploy_code(_act(by), function, package=second, base_digest=function.code_id)
        versions.publish(_act(by), service, description="second")
        policy = Policy(1, Canary(2, WEIGHT_BP))
        aliases.change_alias(_act(by), alias, base_revision=1, setting=Setting(policy=policy))
        self._say(f"changed the code, published version 2, edited alias1: {sentence(policy)}")
        return service

    def _test(self, by: User, service: Service) -> TestRun:
        """The finished test run."""
        plan = Plan(
            region=REGION,
            service=service.name,
            function="checkout",
            qualifier="alias1",
            payloads=['{"order": 1}'],
            total=INVOCATIONS,
            concurrency=CONCURRENCY,
        )
        run = testruns.start_test_run(_act(by), service, plan)
        self._say(f"test run {run.pk}: {INVOCATIONS:,} invocations through alias1, {CONCURRENCY} at once")
        limit = time.monotonic() + PATIENCE_S
        while run.finished_at is None:
            if time.monotonic() > limit:
                raise CommandError(f"the test run is {run.status} at {run.done} after {PATIENCE_S:.0f} s")
            time.sleep(0.1)
            run.refresh_from_db()
        return run

    def _say(self, text: str) -> None:
        self.stdout.write(f"- {text}")


def _act(by: User) -> Act:
    return Act(by=by, at=timezone.now(), source="command")


def _table(state: RunState) -> str:
    run, verdict = state.run, state.verdict
    rows = [("invocations", f"{run.done:,} of {run.total:,}, {run.errors:,} errors")]
    rows += [(f"version {count.version}", f"{count.invocations:,}") for count in state.versions]
    if verdict is not None:
        rows += [
            ("configured", share(verdict.weight)),
            ("observed", f"{share(verdict.share)} (n = {verdict.n:,})"),
            ("interval", f"{share(verdict.lo)} to {share(verdict.hi)} (Wilson, 95%)"),
            ("band", f"{share(verdict.band_lo)} to {share(verdict.band_hi)} (always valid)"),
            ("verdict", f"{verdict.outcome.upper()}: {verdict.sentence}"),
        ]
    rows += [("errors", f"{kind}: {n:,}") for kind, n in state.errors]
    rows += [("rate", f"{state.rate:,.0f} req/s")]
    return "\n" + "\n".join(f"{label:<13}{text}" for label, text in rows)
