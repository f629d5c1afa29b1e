from __future__ import annotations

import pytest

from console.gateway.table import RoutingTable, compile_services
from invocations.engine.bundle import Bundle
from releases.core.policies import Canary, Policy, document
from releases.core.triggers import Auth, HttpTrigger
from releases.queries.routing import NOTHING, AliasRoute, ServiceRoutes, TriggerRoute

KEY = ("cn-hangzhou", "shop")
GOOD = {"authType": "anonymous", "methods": ["GET"]}


def table_with(*triggers: TriggerRoute) -> RoutingTable:
    bundles = {
        name: Bundle(
            account_id="1",
            region=KEY[0],
            service=KEY[1],
            function=name,
            version="LATEST",
            runtime="python3",
            handler="index.handler",
            type=kind,
            code_digest="",
        )
        for name, kind in (("web", "http"), ("checkout", "event"))
    }
    routes = ServiceRoutes(*KEY, "shop-team", NOTHING, (), {"LATEST": bundles}, triggers)
    table = RoutingTable()
    table.replace([KEY], compile_services([routes]))
    return table


def test_trigger__of_exactly_that_function_and_qualifier__is_found() -> None:
    table = table_with(TriggerRoute("web", "alias1", GOOD))
    assert table.trigger(KEY, "alias1", "web") == HttpTrigger(("GET",), Auth.ANONYMOUS)
    for key, qualifier, function in (
        (KEY, "LATEST", "web"),
        (KEY, "alias1", "other"),
        (("eu-central-1", "shop"), "alias1", "web"),
    ):
        assert table.trigger(key, qualifier, function) is None


@pytest.mark.parametrize("config", [None, {}, {"authType": "jwt", "methods": ["GET"]}])
def test_trigger__that_cannot_be_read__is_left_out_and_keeps_no_other_from_taking_effect(
    config: object, caplog: pytest.LogCaptureFixture
) -> None:
    table = table_with(TriggerRoute("web", "1", config), TriggerRoute("web", "2", GOOD))
    assert table.trigger(KEY, "1", "web") is None
    assert table.trigger(KEY, "2", "web") is not None
    assert "a trigger of shop/web is left out" in caplog.text


def test_is_event_function__of_latest__tells_the_type() -> None:
    table = table_with()
    assert table.is_event_function(KEY, "checkout")
    assert not table.is_event_function(KEY, "web")
    assert not table.is_event_function(KEY, "unknown")
    assert not table.is_event_function(("cn-hangzhou", "unknown"), "web")


def routes(versions: dict[str, list[str]], **aliases: tuple[int, int, int]) -> ServiceRoutes:
    """A service whose versions have these functions; of an alias: primary, canary and weight in percent."""
    functions = {
        version: {name: bundle(name, version) for name in names} for version, names in versions.items()
    }
    policies = {
        name: document(Policy(primary, Canary(canary, weight * 100)))
        for name, (primary, canary, weight) in aliases.items()
    }
    led = tuple(AliasRoute(name, "salt", 1, policy) for name, policy in policies.items())
    return ServiceRoutes(*KEY, "shop-team", NOTHING, led, functions)


def bundle(function: str, version: str, code: str = "") -> Bundle:
    return Bundle(
        account_id="1",
        region=KEY[0],
        service=KEY[1],
        function=function,
        version=version,
        runtime="python3",
        handler="index.handler",
        code_digest=code,
    )


def replaced(before: ServiceRoutes, now: ServiceRoutes) -> set[tuple[str, str]]:
    """The versions and functions that calls lead to anew."""
    table = RoutingTable()
    assert table.replace([KEY], compile_services([before])) == []
    return {(new.version, new.function) for new in table.replace([KEY], compile_services([now]))}


def test_replace__version_published__tells_of_its_functions() -> None:
    one = routes({"LATEST": ["a"], "1": ["a"]})
    two = routes({"LATEST": ["a", "b"], "1": ["a"], "2": ["a", "b"]})
    assert replaced(one, two) == {("2", "a"), ("2", "b")}
    assert replaced(two, one) == set()


def test_replace__alias_moved__tells_of_the_version_that_now_receives_calls() -> None:
    versions = {"LATEST": ["a"], "1": ["a"], "2": ["a"]}
    before, at_zero = routes(versions), routes(versions, alias1=(1, 2, 0))
    assert replaced(before, at_zero) == {("1", "a")}
    assert replaced(at_zero, routes(versions, alias1=(1, 2, 10))) == {("2", "a")}
    assert replaced(routes(versions, alias1=(1, 2, 10)), routes(versions, alias1=(1, 2, 50))) == set()


def test_is_routed__code_replaced_or_version_gone__is_no_longer() -> None:
    table = RoutingTable()
    table.replace([KEY], compile_services([routes({"LATEST": ["a"], "1": ["a"]})]))
    assert table.is_routed(bundle("a", "LATEST"))
    assert table.is_routed(bundle("a", "1"))
    for gone in (bundle("a", "LATEST", code="old"), bundle("a", "2"), bundle("b", "1")):
        assert not table.is_routed(gone)
