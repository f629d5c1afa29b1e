"""What the gateway records of routed calls beyond their rows."""

from __future__ import annotations

import pytest

from console.gateway.table import RoutingTable, compile_services
from invocations.models import InvocationLabels, TrafficUnit
from releases.core import buckets
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy, Sticky
from releases.operations.aliases import Setting, create_alias
from releases.operations.recording import record_attributes
from releases.queries import routing
from tests import make
from tests.releases.core.strategies import call

from .process import GatewayProcess, until

UID = Parameter(Source.HEADER, "X-Uid")
STICKY = Setting(policy=Policy(1, Canary(2, 5000), Sticky(UID)))


@pytest.mark.usefixtures("database")
def test_gateway__sticky_alias_that_records__keeps_keys_and_attributes(
    gateway: GatewayProcess, name: str
) -> None:
    alias = create_alias(make.act(), make.two_versions(name), name="alias1", setting=STICKY)
    target = f"{name}.alias1/checkout"
    served = {
        uid: gateway.invoke(target, x_uid=uid).headers["x-fc-invocation-service-version"] for uid in "abc"
    }
    units = TrafficUnit.objects.filter(alias_revision=alias.revision_id)
    until(lambda: units.count() == 3)
    expected = {(buckets.unit(alias.salt, uid), version) for uid, version in served.items()}
    assert {(row.unit_hash % 2**64, row.version) for row in units} == expected
    labelled = InvocationLabels.objects.filter(alias_revision=alias.revision_id)
    assert not labelled.exists()
    record_attributes(make.act(), alias, [UID, Parameter(Source.QUERY, "debug")])

    def is_recorded() -> bool:
        gateway.invoke(target, x_uid="a")
        return labelled.exists()

    until(is_recorded)
    row = labelled.latest("at")
    assert row.labels == {"kind": "event", "Header x-uid": "a", "Param debug": None}
    assert (row.version, row.decision) == (served["a"], f"sticky {buckets.bucket(alias.salt, 'a')}")


@pytest.mark.django_db
def test_resolve__alias_records_attributes__gives_them_with_the_route() -> None:
    alias = create_alias(make.act(), make.two_versions(), name="alias1", setting=STICKY)
    key = (make.REGION, "shop")

    def resolve(qualifier: str) -> object:
        table = RoutingTable()
        table.replace([], compile_services(routing.load()))
        asked = call(headers={"x-uid": "a", "cookie": "session=1"})
        return table.resolve(key, qualifier, "checkout", asked).labels

    assert resolve("alias1") is None
    record_attributes(make.act(), alias, [UID])
    assert resolve("alias1") == {"kind": "http", "Header x-uid": "a"}
    assert resolve("1") is None
