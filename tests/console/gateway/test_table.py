from __future__ import annotations

import pytest

from console.gateway.table import RoutingTable, compile_services
from invocations.engine.bundle import Bundle
from releases.core.triggers import Auth, HttpTrigger
from releases.queries.routing import NOTHING, ServiceRoutes, TriggerRoute

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
