from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from releases.core.lint import Facts, Seen
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy
from releases.queries import lint
from tests import make

pytestmark = pytest.mark.django_db

SPLIT = Policy(1, Canary(2, 3000))
UID = Parameter(Source.HEADER, "x-uid")


def test_facts__event_functions_that_differ__are_told_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    shop = make.two_versions()
    with django_assert_num_queries(1):
        assert lint.facts(shop, SPLIT) == Facts(has_http_functions=False)


def test_facts__http_function__counts_where_a_named_version_has_it() -> None:
    shop = make.two_versions()
    shop.functions.update(type="http")
    make.version(shop, "third")
    assert not lint.facts(shop, SPLIT).has_http_functions
    assert lint.facts(shop, Policy(1, Canary(3, 3000))).has_http_functions
    shop.versions.filter(number=3).update(retired_at=make.NOW)
    assert not lint.facts(shop, Policy(1, Canary(3, 3000))).has_http_functions


def test_facts__same_content_twice__is_identical() -> None:
    shop = make.two_versions()
    make.deploy(shop.functions.get(), make.HELLO)
    make.version(shop, "as the first")
    assert lint.facts(shop, Policy(1, Canary(3, 3000))).identical_versions
    assert not lint.facts(shop, SPLIT).identical_versions
    assert not lint.facts(shop, Policy(1)).identical_versions


def test_facts__recorded_calls__are_passed_on() -> None:
    seen = {UID: Seen(calls=100, present=0, distinct=0, commonest=0)}
    assert lint.facts(make.two_versions(), SPLIT, seen=seen).seen == seen
