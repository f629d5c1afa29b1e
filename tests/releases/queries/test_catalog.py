from __future__ import annotations

import pytest
from pytest_django import DjangoAssertNumQueries

from releases.operations import aliases, versions
from releases.queries import catalog
from tests import make

pytestmark = pytest.mark.django_db


def test_services__with_everything__are_counted_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    shop = make.two_versions()
    make.function(shop, "pay")
    for name in ("one", "two", "three"):
        make.alias(shop, name)
    make.service("depot")
    with django_assert_num_queries(1):
        found = list(catalog.services(make.REGION, teams=None))
    counts = [(row.name, row.function_count, row.version_count, row.alias_count) for row in found]
    assert counts == [("depot", 0, 0, 0), ("shop", 2, 2, 3)]


def test_services__retired_versions_and_aliases__are_not_counted() -> None:
    shop = make.two_versions()
    aliases.delete_alias(make.act(), make.alias(shop))
    versions.retire(make.act(), shop.versions.get(number=1))
    [row] = catalog.services(make.REGION, teams=None)
    assert (row.version_count, row.alias_count) == (1, 0)
