from __future__ import annotations

import pytest

from invocations.models import TestRun
from invocations.operations import Plan
from invocations.request_plan import RequestPlan
from releases.core.policies import Canary, Policy
from releases.models import AuditEntry, Service
from releases.operations import aliases, catalog, testruns
from releases.operations.aliases import Setting
from releases.operations.testruns import NothingToInvoke, OtherType
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Service:
    """Version 1 has pay as an event function, version 2 as an HTTP function; both have checkout and web."""
    shop = make.service()
    make.function(shop)
    make.function(shop, "web", type="http")
    pay = make.function(shop, "pay")
    make.version(shop)
    catalog.delete_function(make.act(), pay)
    make.function(shop, "pay", type="http")
    make.version(shop)
    setting = Setting(policy=Policy(1, Canary(2, 3000)))
    aliases.create_alias(make.act(), shop, name="alias1", setting=setting)
    return shop


def start(shop: Service, function: str, qualifier: str, *, http: bool) -> TestRun:
    sent = {"request": RequestPlan()} if http else {"payloads": ["{}"]}
    plan = Plan(
        region=shop.region,
        service=shop.name,
        function=function,
        qualifier=qualifier,
        total=10,
        concurrency=2,
        **sent,
    )
    return testruns.start_test_run(make.act(), shop, plan)


@pytest.mark.parametrize(
    ("function", "qualifier", "http"),
    [
        ("checkout", "alias1", False),
        ("web", "alias1", True),
        ("web", "LATEST", True),
        ("pay", "1", False),
        ("pay", "2", True),
        ("pay", "LATEST", True),
    ],
)
def test_start__function_of_a_type__takes_what_fits_and_refuses_the_other(
    shop: Service, function: str, qualifier: str, http: bool
) -> None:
    with pytest.raises(OtherType) as refusal:
        start(shop, function, qualifier, http=not http)
    assert ("is an HTTP function" if http else "is an event function") in str(refusal.value)
    assert not TestRun.objects.exists()
    run = start(shop, function, qualifier, http=http)
    assert (run.request is not None, bool(run.payloads)) == (http, not http)
    assert AuditEntry.objects.filter(action="testrun.start").count() == 1


@pytest.mark.parametrize("http", [True, False])
def test_start__versions_of_an_alias_differ_in_type__is_refused(shop: Service, http: bool) -> None:
    with pytest.raises(OtherType) as refusal:
        start(shop, "pay", "alias1", http=http)
    assert "the versions behind alias1 differ" in str(refusal.value)


def test_start__no_such_function__is_refused(shop: Service) -> None:
    with pytest.raises(NothingToInvoke):
        start(shop, "other", "alias1", http=True)
