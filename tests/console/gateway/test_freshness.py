"""How soon the gateway routes what the database says, and what it does without a database."""

from __future__ import annotations

import time

import psycopg
import pytest
from django.db import connection

from console.gateway.database import conninfo
from invocations.models import Invocation, TrafficBucket
from releases.core.policies import Policy
from releases.operations.aliases import Setting, change_alias
from tests import make

from .process import GatewayProcess, until

pytestmark = pytest.mark.usefixtures("database")

NUMBERED = "def handler(event, context):\n    return '{}'\n"


def test_alias__changed__routes_anew_within_moments(gateway: GatewayProcess, name: str) -> None:
    alias = make.alias(make.two_versions(name))
    target = f"{name}.alias1/checkout"
    assert gateway.invoke(target).headers["x-fc-invocation-service-version"] == "1"
    gateway.invoke(f"{name}.2/checkout")  # warm
    revision = change_alias(make.act(), alias, base_revision=1, setting=Setting(policy=Policy(2)))
    until(lambda: gateway.invoke(target).headers["x-serin-alias-revision"] == str(revision.pk), within_s=1)
    assert gateway.invoke(target).headers["x-fc-invocation-service-version"] == "2"


def test_name__just_made__is_found_by_the_first_call(gateway: GatewayProcess, name: str) -> None:
    service = make.service(name)
    make.function(service)
    assert gateway.invoke(f"{name}/checkout").status == 200
    make.version(service)
    assert gateway.invoke(f"{name}.1/checkout").status == 200
    make.alias(service)
    assert gateway.invoke(f"{name}.alias1/checkout").status == 200


def all_are_idle(stats: dict[str, int]) -> bool:
    return stats["idle"] == stats["instances"]


def test_version__published__has_an_instance_before_its_first_call(
    gateway: GatewayProcess, name: str
) -> None:
    service = make.service(name)
    make.function(service)
    gateway.invoke(f"{name}/checkout")  # from now on the gateway follows this service
    before = gateway.health()["instances"]["cold_starts"]
    make.version(service)
    until(lambda: gateway.health()["instances"]["cold_starts"] == before + 1)
    until(lambda: all_are_idle(gateway.health()["instances"]))  # it has booted
    assert gateway.invoke(f"{name}.1/checkout").status == 200
    until(lambda: Invocation.objects.filter(service=name, version="1").exists())
    assert not Invocation.objects.get(service=name, version="1").cold


def test_unknown_names__many_at_once__share_few_looks(gateway: GatewayProcess, name: str) -> None:
    make.function(make.service(name))
    gateway.invoke(f"{name}/checkout")
    began = time.monotonic()
    replies = [gateway.invoke(f"{name}/checkout-unknown") for _ in range(50)]
    assert {reply.code for reply in replies} == {"FunctionNotFound"}
    # Each look is at least 50 ms after the one before: fifty of them would take 2.5 s.
    assert time.monotonic() - began < 2


def test_fresh_token__code_just_deployed__runs_the_new_code(gateway: GatewayProcess, name: str) -> None:
    function = make.function(make.service(name), text=NUMBERED.format(0))
    token = gateway.token(fresh=True)
    for turn in range(1, 6):
        make.deploy(function, NUMBERED.format(turn))
        assert gateway.invoke(f"{name}/checkout", token=token).body == str(turn).encode()


def test_region__token_then_host_then_header__decides(gateway: GatewayProcess, name: str) -> None:
    make.function(make.service(name, region="eu-central-1"))
    target = f"{name}/checkout"
    assert gateway.invoke(target).code == "ServiceNotFound"
    assert gateway.invoke(target, x_serin_region="eu-central-1").status == 200
    assert gateway.invoke(target, Host="1.eu-central-1.fc.example.com").status == 200
    assert gateway.invoke(target, token=gateway.token(region="eu-central-1")).status == 200
    other = gateway.token(region="us-west-1")
    assert gateway.invoke(target, token=other, x_serin_region="eu-central-1").status == 404


def test_healthz__database_there__is_ok_under_any_host_name(gateway: GatewayProcess, name: str) -> None:
    make.alias(make.two_versions(name))
    gateway.invoke(f"{name}.alias1/checkout")
    reply = gateway.request("HEAD", "/healthz", {"Host": "anything.example"})
    assert (reply.status, reply.body) == (200, b"")
    health = gateway.health()
    assert (health["status"], health["database"], health["sandbox"]) == ("ok", "ok", "ok")
    assert health["table"]["services"] >= 1
    assert health["table"]["aliases"] >= 1
    assert health["table"]["age_s"] < 60
    assert set(health["recorder"]) == {
        "backlog_invocations",
        "backlog_rows",
        "dropped_rows",
        "last_commit_age_s",
    }
    assert health["instances"]["instances"] >= 1


def test_database__goes_away_and_comes_back__calls_go_on_and_are_recorded(
    gateway: GatewayProcess, name: str
) -> None:
    make.alias(make.two_versions(name))
    target = f"{name}.alias1/checkout"
    assert gateway.invoke(target).status == 200
    lock_out(gateway)
    try:
        until(lambda: gateway.health()["status"] == "degraded")
        assert {gateway.invoke(target).status for _ in range(20)} == {200}
        assert gateway.invoke("unknown/checkout").code == "ServiceNotFound"
        health = gateway.health()
        assert health["database"] == "away"
        assert health["recorder"]["backlog_invocations"] >= 20
    finally:
        allow_connections(True)
    until(lambda: gateway.health()["status"] == "ok")
    until(lambda: gateway.health()["recorder"]["backlog_invocations"] == 0)
    tiers = TrafficBucket.objects.filter(service=name, tier=3600)
    assert sum(tiers.values_list("invocations", flat=True)) == 21


def lock_out(gateway: GatewayProcess) -> None:
    """End the gateway's connections to the test database and admit no new ones; the test keeps its own."""
    allow_connections(False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [own] = cursor.fetchone()
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            [connection.settings_dict["NAME"], own],
        )


def allow_connections(allowed: bool) -> None:
    name = connection.settings_dict["NAME"]
    with psycopg.connect(conninfo(), dbname="postgres", autocommit=True) as outside:
        outside.execute(
            psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}").format(
                psycopg.sql.Identifier(name), psycopg.sql.Literal(allowed)
            )
        )
