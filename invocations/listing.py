"""Pages of recorded invocations, newest first, by key: how far back one looks costs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from .engine.outcome import NO_ERRORS, Kind
from .models import Invocation

LOOKED_THROUGH: Final = 20_000  # rows of the function that one page of a filtered list looks at


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a list is narrowed to; empty takes everything. `failed` is None for both outcomes."""

    version: str = ""
    qualifier: str = ""
    failed: bool | None = None

    def __bool__(self) -> bool:
        return self != Filter()

    def of(self, found: QuerySet[Invocation]) -> QuerySet[Invocation]:
        if self.version:
            found = found.filter(version=self.version)
        if self.qualifier:
            found = found.filter(qualifier=self.qualifier)
        if self.failed is None:
            return found
        return found.exclude(outcome__in=NO_ERRORS) if self.failed else found.filter(outcome=Kind.OK)


@dataclass(frozen=True, slots=True)
class Listed:
    """Rows, and the row behind which the next page begins. `cut_short`: there may be more, further back."""

    rows: list[Invocation]
    last: Invocation | None
    cut_short: bool = False


def page(found: QuerySet[Invocation], wanted: Filter, *, before: Invocation | None, size: int) -> Listed:
    """One page of `found`, which an index gives in the order of time.

    Where a filter meets few rows, the page ends after LOOKED_THROUGH of `found` have been looked at, and the
    next begins there: no filter makes a page read all that was ever recorded.
    """
    ordered = found.order_by("-started_at", "-request_id")
    if before is not None:
        tie = Q(started_at__lt=before.started_at) | Q(request_id__lt=before.pk)
        ordered = ordered.filter(tie, started_at__lte=before.started_at)
    if not wanted:
        rows = list(ordered[: size + 1])
        return Listed(rows[:size], rows[size - 1] if len(rows) > size else None)
    floor = ordered.only("started_at")[LOOKED_THROUGH - 1 : LOOKED_THROUGH].first()
    rows = list(wanted.of(_down_to(ordered, floor))[: size + 1])
    if len(rows) > size:
        return Listed(rows[:size], rows[size - 1])
    return Listed(rows, floor, cut_short=floor is not None)


def _down_to(ordered: QuerySet[Invocation], floor: Invocation | None) -> QuerySet[Invocation]:
    if floor is None:
        return ordered
    tie = Q(started_at__gt=floor.started_at) | Q(request_id__gte=floor.pk)
    return ordered.filter(tie, started_at__gte=floor.started_at)
