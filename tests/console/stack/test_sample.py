from __future__ import annotations

import pytest

from console.stack.sample import make_sample
from releases.models import Trigger, VersionFunction
from releases.queries.aliases import state
from tests import make


@pytest.mark.django_db
def test_sample__made__has_an_event_and_an_http_function_in_both_versions() -> None:
    alias = make_sample(make.user(), make.team())
    found = VersionFunction.objects.order_by("version__number", "name")
    assert list(found.values_list("version__number", "name", "type")) == [
        (1, "checkout", "event"),
        (1, "storefront", "http"),
        (2, "checkout", "event"),
        (2, "storefront", "http"),
    ]
    assert len({row.code_id for row in found}) == 4
    assert state(alias).sentence == "70% of calls go to version 1, 30% to version 2."


@pytest.mark.django_db
def test_sample__made__lets_anybody_call_the_http_function_through_the_alias() -> None:
    make_sample(make.user(), make.team())
    trigger = Trigger.objects.get()
    assert (trigger.function.name, trigger.qualifier) == ("storefront", "alias1")
    assert trigger.config["authType"] == "anonymous"
