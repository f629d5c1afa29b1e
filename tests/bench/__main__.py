"""`make bench`: measures beside a throw-away Serin, prints a table and writes var/bench.json."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from invocations.engine.packages import pack
from releases.core.policies import Canary, Policy
from releases.models import Service, Team, User
from releases.operations import aliases, catalog, versions
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.catalog import Configuration

from . import charts, engine, gateway, load, restart, routing, runs
from .figures import Figure, table, write

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> None:
    load.require_wrk()
    act = Act(by=User.objects.order_by("pk")[0], at=timezone.now(), source="command")
    service = _hello(act)
    hello = gateway.hello_through_alias1(settings.GATEWAY_URL, _key(act.by))
    figures: list[Figure] = []
    for measure in (
        routing.decisions,
        routing.evenness,
        lambda: gateway.warm_invocations(hello),
        lambda: runs.test_run(act, service, hello),
        lambda: charts.chart_page(act, service, settings.CONSOLE_URL, settings.ADMIN_PASSWORD),
        engine.instances,
        restart.second_start,
    ):
        measured = measure()
        _say(measured)
        figures += measured
    write(figures, ROOT / "var" / "bench.json")
    print(table(figures))


def _hello(act: Act) -> Service:
    """Service bench, function hello, two versions, alias1 at 70/30."""
    service = catalog.create_service(
        act, region=settings.REGIONS[0], name="bench", team=Team.objects.order_by("pk")[0]
    )
    configuration = Configuration(runtime="python3", handler="index.handler", timeout_s=10)
    first, second = (
        pack({"index.py": f"def handler(event, context):\n    return 'hello'\n# {n}\n".encode()})
        for n in (1, 2)
    )
    function = catalog.create_function(act, service, name="hello", configuration=configuration, package=first)
    versions.publish(act, service)
    catalog.deploy_code(act, function, package=second, base_digest=None)
    versions.publish(act, service)
    aliases.create_alias(act, service, name="alias1", setting=Setting(policy=Policy(1, Canary(2, 3000))))
    return service


def _key(user: User) -> dict[str, str]:
    command = [sys.executable, str(ROOT / "manage.py"), "createaccesskey", user.username]
    made: dict[str, str] = json.loads(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout
    )
    return made


def _say(figures: list[Figure]) -> None:
    for figure in figures:
        print(f"measured: {figure.name}: {figure.value:,.1f} {figure.unit}", file=sys.stderr)


if __name__ == "__main__":
    main()
