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
from releases.core.rules import Combiner, Rules, make_rule
from releases.core.triggers import Auth, HttpTrigger, http_config
from releases.models import Function, Service, Team, User
from releases.operations import aliases, catalog, triggers, versions
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.catalog import Configuration

from . import charts, engine, gateway, load, restart, routing, runs
from .figures import Figure, table, write

ROOT = Path(__file__).resolve().parent.parent.parent
HELLO = """\
def handler(event, context):
    return 'hello'
"""
WEB = """\
def handler(environ, start_response):
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [b'hello']
"""


def main() -> None:
    load.require_wrk()
    act = Act(by=User.objects.order_by("pk")[0], at=timezone.now(), source="command")
    service = _service(act)
    hello = gateway.hello_through_alias1(settings.GATEWAY_URL, _key(act.by))
    figures: list[Figure] = []
    for measure in (
        routing.decisions,
        routing.evenness,
        lambda: gateway.warm_invocations(hello),
        lambda: gateway.three_rules(settings.GATEWAY_URL),
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


def _service(act: Act) -> Service:
    """Service bench, two versions of an event function and of an HTTP function, and their aliases."""
    team = Team.objects.order_by("pk")[0]
    service = catalog.create_service(act, region=settings.REGIONS[0], name="bench", team=team)
    hello = catalog.create_function(
        act, service, name="hello", configuration=_configuration("event"), package=_code(HELLO, 1)
    )
    web = catalog.create_function(
        act, service, name="web", configuration=_configuration("http"), package=_code(WEB, 1)
    )
    versions.publish(act, service)
    catalog.deploy_code(act, hello, package=_code(HELLO, 2), base_digest=None)
    catalog.deploy_code(act, web, package=_code(WEB, 2), base_digest=None)
    versions.publish(act, service)
    aliases.create_alias(act, service, name="alias1", setting=Setting(policy=Policy(1, Canary(2, 3000))))
    _reachable(act, web, alias="plain", policy=Policy(1))
    _reachable(act, web, alias="ruled", policy=Policy(1, Canary(2, 100), _rules()))
    return service


def _configuration(kind: str) -> Configuration:
    return Configuration(runtime="python3", handler="index.handler", timeout_s=10, type=kind)


def _code(source: str, version: int) -> bytes:
    return pack({"index.py": f"{source}# {version}\n".encode()})


def _reachable(act: Act, function: Function, *, alias: str, policy: Policy) -> None:
    """An alias through which anybody may call the function."""
    aliases.create_alias(act, function.service, name=alias, setting=Setting(policy=policy))
    config = http_config(HttpTrigger(methods=("POST",), auth=Auth.ANONYMOUS))
    triggers.create_trigger(act, function, name=alias, qualifier=alias, config=config)


def _rules() -> Rules:
    items = [make_rule("Header", name, "=", value) for name, value in gateway.WANTED.items()]
    return Rules(Combiner.ALL, tuple(items))


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
