from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from invocations import listing, queries
from invocations.listing import Filter
from invocations.models import Invocation

START = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
ERRORS = Filter(failed=True)


@pytest.fixture(autouse=True)
def fifty(db: None) -> None:
    """Fifty calls, five within each second; every tenth is an error of version 2 through alias1."""
    Invocation.objects.bulk_create(
        Invocation(
            request_id=UUID(int=number),
            started_at=START + timedelta(seconds=number // 5),
            region="r",
            service="s",
            function="f",
            qualifier="LATEST" if number % 10 else "alias1",
            version="LATEST" if number % 10 else "2",
            alias_revision=0,
            outcome="ok" if number % 10 else "timeout",
            duration_us=1,
            memory_kb=1,
            cold=False,
        )
        for number in range(50)
    )


def all_pages(wanted: Filter, *, size: int) -> list[int]:
    found = queries.invocations_of_function("r", "s", "f")
    seen: list[int] = []
    before = None
    while True:
        listed = listing.page(found, wanted, before=before, size=size)
        seen += [row.pk.int for row in listed.rows]
        before = listed.last
        if before is None:
            return seen


@pytest.mark.parametrize("size", [1, 7, 50, 60])
def test_page__no_filter__has_every_row_once(size: int) -> None:
    assert all_pages(Filter(), size=size) == list(range(49, -1, -1))


@pytest.mark.parametrize("looked_through", [3, 7, 10, 25, 50, 100])
@pytest.mark.parametrize("size", [1, 3, 50])
def test_page__filter__has_every_match_once_however_far_a_page_looks(
    monkeypatch: pytest.MonkeyPatch, looked_through: int, size: int
) -> None:
    monkeypatch.setattr(listing, "LOOKED_THROUGH", looked_through)
    assert all_pages(ERRORS, size=size) == [40, 30, 20, 10, 0]


def test_page__few_matches__ends_where_it_has_looked_through_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 12)
    listed = listing.page(queries.invocations_of_function("r", "s", "f"), ERRORS, before=None, size=50)
    assert ([row.pk.int for row in listed.rows], listed.cut_short) == ([40], True)
    assert listed.last is not None
    assert listed.last.pk.int == 38


@pytest.mark.parametrize(
    ("wanted", "n"),
    [
        (Filter(version="2"), 5),
        (Filter(qualifier="LATEST"), 45),
        (Filter(failed=False), 45),
        (Filter(version="2", qualifier="LATEST"), 0),
        (Filter(version="2", qualifier="alias1", failed=True), 5),
    ],
)
def test_page__each_filter__narrows(wanted: Filter, n: int) -> None:
    assert len(all_pages(wanted, size=50)) == n
