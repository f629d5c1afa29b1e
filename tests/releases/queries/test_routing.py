from __future__ import annotations

from datetime import timedelta

import pytest
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from releases.core.policies import Policy
from releases.models import CodePackage, Trigger, Version
from releases.operations import aliases, catalog, triggers, versions
from releases.operations.aliases import Setting
from releases.queries import routing
from releases.queries.routing import TriggerRoute
from tests import make

pytestmark = pytest.mark.django_db

SHOP = (make.REGION, "shop")


def test_load__service_with_versions_and_an_alias__has_all_of_it() -> None:
    service = make.two_versions()
    alias = make.alias(service, canary=2, weight_bp=3000)
    [routes] = routing.load()
    assert (routes.region, routes.name) == SHOP
    assert set(routes.functions) == {"LATEST", "1", "2"}
    assert {route.name: route.revision for route in routes.aliases} == {"alias1": alias.revision_id}
    assert routes.aliases[0].policy["additionalVersionWeight"] == {"2": 0.3}
    bundle = routes.functions["1"]["checkout"]
    assert (bundle.region, bundle.service, bundle.function, bundle.version) == (*SHOP, "checkout", "1")
    assert bundle.code_digest != routes.functions["2"]["checkout"].code_digest
    assert bundle.code_checksum == CodePackage.objects.get(pk=bundle.code_digest).checksum


def test_load__however_much_there_is__takes_the_same_queries(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for name in ("shop", "depot", "office"):
        make.alias(make.two_versions(name))
    with django_assert_num_queries(6) as captured:
        assert len(routing.load()) == 3
    assert reads_no_code(captured)
    with django_assert_num_queries(6) as captured:
        [found] = routing.load([SHOP, ("elsewhere", "shop"), (make.REGION, "unknown")])
    assert found.name == "shop"
    assert reads_no_code(captured)


def test_load__name_that_no_text_holds__is_not_there_and_hides_no_other() -> None:
    make.two_versions()
    found = routing.load([SHOP, (make.REGION, "shop\0"), ("\0", "shop")])
    assert [routes.name for routes in found] == ["shop"]


def reads_no_code(captured: CaptureQueriesContext) -> bool:
    return not any('"content"' in query["sql"] for query in captured)


def test_load__things_that_are_gone__are_left_out() -> None:
    service = make.two_versions()
    alias = make.alias(service, primary=2)
    aliases.delete_alias(make.act(), alias)
    versions.retire(make.act(), Version.objects.get(service=service, number=1))
    make.service("empty")
    catalog.delete_service(make.act(), make.service("gone"))
    routes = {route.name: route for route in routing.load()}
    assert set(routes) == {"shop", "empty"}
    assert routes["shop"].aliases == ()
    assert set(routes["shop"].functions) == {"LATEST", "2"}
    assert routes["empty"].functions == {"LATEST": {}}


def test_marks__of_what_was_loaded__are_the_marks_in_the_database() -> None:
    make.alias(make.two_versions())
    make.service("empty")
    loaded = {(routes.region, routes.name): routes.mark for routes in routing.load()}
    assert routing.marks() == loaded
    assert len(loaded) == 2


def test_load__function_with_a_trigger__has_its_type_and_the_trigger_as_it_was_sent() -> None:
    function = make.function(make.service(), type="http")
    trigger = make.trigger(function)
    [routes] = routing.load()
    assert routes.functions["LATEST"]["checkout"].type == "http"
    assert routes.triggers == (TriggerRoute("checkout", "LATEST", trigger.config),)


@pytest.mark.parametrize("change", ["create", "change", "delete"])
def test_marks__any_change_of_a_trigger__changes_them(change: str) -> None:
    function = make.function(make.service(), type="http")
    trigger = None if change == "create" else make.trigger(function)
    later = make.act(at=make.NOW + timedelta(seconds=1))
    before = routing.marks()
    match change, trigger:
        case "change", Trigger():
            triggers.change_trigger(later, trigger, qualifier="LATEST", config=trigger.config)
        case "delete", Trigger():
            triggers.delete_trigger(later, trigger)
        case _:
            make.trigger(function)
    assert routing.marks()[SHOP] != before[SHOP]
    assert [routes.mark for routes in routing.load()] == [routing.marks()[SHOP]]


@pytest.mark.parametrize("change", ["publish", "retire", "alias", "move", "delete alias", "deploy", "delete"])
def test_marks__any_change_of_what_is_routed__changes_them(change: str) -> None:
    service = make.two_versions()
    checkout = service.functions.get()
    alias = make.alias(service, primary=2)
    later = make.act(at=make.NOW + timedelta(seconds=1))
    before = routing.marks()
    match change:
        case "publish":
            catalog.deploy_code(later, checkout, package=make.code("# new\n"), base_digest=None)
            before = routing.marks()
            versions.publish(later, service, description="")
        case "retire":
            versions.retire(later, Version.objects.get(service=service, number=1))
        case "alias":
            make.alias(service, "alias2")
        case "move":
            aliases.change_alias(later, alias, base_revision=1, setting=Setting(policy=Policy(1)))
        case "delete alias":
            aliases.delete_alias(later, alias)
        case "deploy":
            catalog.deploy_code(later, checkout, package=make.code("# new\n"), base_digest=None)
        case "delete":
            catalog.delete_function(later, checkout)
    assert routing.marks()[SHOP] != before[SHOP]


def test_code__of_a_package__is_its_zip() -> None:
    make.function(make.service())
    [routes] = routing.load()
    assert routing.code(routes.functions["LATEST"]["checkout"].code_digest) == make.code()


def test_code__collected__does_not_exist() -> None:
    CodePackage.objects.create(digest="0" * 64, checksum="0", size=1, content=None, kept_at=make.NOW)
    with pytest.raises(CodePackage.DoesNotExist):
        routing.code("0" * 64)
