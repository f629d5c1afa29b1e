from __future__ import annotations

import pytest

from releases.core.parameters import Parameter, Source
from releases.core.recording import BadRecording
from releases.models import Alias, AuditEntry
from releases.operations import aliases
from releases.operations.aliases import ChangedMeanwhile, NothingToChange
from releases.operations.recording import record_attributes
from releases.queries import routing
from tests import make

pytestmark = pytest.mark.django_db

UID = Parameter(Source.HEADER, "X-Uid")
DEBUG = Parameter(Source.QUERY, "debug")


@pytest.fixture
def alias1() -> Alias:
    return make.alias(make.two_versions())


def test_record_attributes__named__are_stored_audited_and_routed(alias1: Alias) -> None:
    record_attributes(make.act(), alias1, [UID, DEBUG])
    alias1.refresh_from_db()
    assert alias1.recorded == [["Header", "x-uid"], ["Param", "debug"]]
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.object) == ("alias.record", "shop/alias1")
    assert (entry.before, entry.after) == ({"recorded": []}, {"recorded": alias1.recorded})
    [routes] = routing.load()
    assert routes.aliases[0].recorded_parameters == alias1.recorded


def test_record_attributes__none__switches_it_off(alias1: Alias) -> None:
    record_attributes(make.act(), alias1, [UID])
    assert record_attributes(make.act(), alias1, []).recorded == []


def test_record_attributes__the_same_again__is_nothing_to_change(alias1: Alias) -> None:
    record_attributes(make.act(), alias1, [UID])
    with pytest.raises(NothingToChange):
        record_attributes(make.act(), alias1, [Parameter(Source.HEADER, "x-uid")])


def test_record_attributes__a_secret__changes_nothing(alias1: Alias) -> None:
    with pytest.raises(BadRecording):
        record_attributes(make.act(), alias1, [UID, Parameter(Source.HEADER, "authorization")])
    alias1.refresh_from_db()
    assert alias1.recorded == []


def test_record_attributes__alias_deleted_meanwhile__is_refused(alias1: Alias) -> None:
    aliases.delete_alias(make.act(), alias1)
    with pytest.raises(ChangedMeanwhile):
        record_attributes(make.act(), alias1, [UID])


def test_marks__attributes_recorded__change_and_are_those_of_what_is_loaded(alias1: Alias) -> None:
    seen = []
    for parameters in ([UID], [DEBUG], [UID, DEBUG], []):
        record_attributes(make.act(), alias1, parameters)
        marks = routing.marks()
        assert {(routes.region, routes.name): routes.mark for routes in routing.load()} == marks
        seen.append(marks[(make.REGION, "shop")])
    assert len(set(seen)) == 4


def test_marks__several_aliases_record__are_those_of_what_is_loaded(alias1: Alias) -> None:
    second = make.alias(alias1.service, "alias2")
    record_attributes(make.act(), second, [DEBUG])
    record_attributes(make.act(), alias1, [UID])
    [routes] = routing.load()
    assert routing.marks() == {(make.REGION, "shop"): routes.mark}
