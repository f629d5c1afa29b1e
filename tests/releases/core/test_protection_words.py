from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given

from releases.core.approvals import Reviewer
from releases.core.protection_words import coming, details, duration, freeze, sentence, shortages
from releases.core.protections import Barred, Evidence, Freeze, Protection, When, Window
from tests.releases.core.test_protections import PROTECTIONS

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
ABOVE = frozenset({When.WEIGHT_ABOVE})


@pytest.mark.parametrize(
    ("protection", "approvers", "told"),
    [
        (Protection(), 3, "Nothing is asked of a change: it takes effect at once."),
        (
            Protection(when=ABOVE, weight_above_bp=3000, approvals=2),
            3,
            "Two of three approvers must agree before the weight rises above 30%.",
        ),
        (
            Protection(when=frozenset({When.ANY, When.RULES})),
            None,
            "One approver must agree before anything changes.",
        ),
        (
            Protection(when=frozenset({When.ANY})),
            1,
            "One of one approver must agree before anything changes.",
        ),
        (
            Protection(when=frozenset({When.DELETE, When.PRIMARY}), approvals=0),
            12,
            "Nobody has to agree before the primary version changes or the alias is deleted.",
        ),
        (
            Protection(
                when=frozenset({When.WEIGHT_RISES}), weight_rises_bp=1050, groups=("a", "b"), approvals=0
            ),
            2,
            "One of group a and one of group b must agree before the weight rises by more than 10.5 points.",
        ),
        (
            Protection(when=frozenset({When.ANY}), groups=("sre",), approvals=2),
            12,
            "Two of 12 approvers, one of group sre among them, must agree before anything changes.",
        ),
    ],
)
def test_sentence__each_demand__says_who_and_before_what(
    protection: Protection, approvers: int | None, told: str
) -> None:
    assert sentence(protection, approvers=approvers) == told


def test_details__everything_asked__each_a_sentence() -> None:
    protection = Protection(
        when=ABOVE,
        barred=frozenset(Barred),
        evidence=frozenset(Evidence),
        windows=((Window((0, 4), time(9), time(17), "Asia/Shanghai"),),),
        ratify=timedelta(hours=1),
        revert=True,
    )
    assert details(protection) == [
        "Whoever proposed the change, edited it or published its versions cannot approve it.",
        "It takes a test run of the canary version that finished without an error and a clean lint.",
        "It is applied within Monday, Friday 09:00-17:00 Asia/Shanghai only.",
        "A request expires after 14 days.",
        "Whoever breaks the glass needs somebody's agreement within 1 hour, or the alias goes back.",
        "Deleting the alias takes the same.",
    ]


def test_details__nobody_has_to_agree__says_nothing_of_whose_approval_counts() -> None:
    assert details(Protection(when=frozenset({When.ANY}), approvals=0)) == [
        "A request expires after 14 days.",
        "Whoever breaks the glass needs somebody's agreement within 24 hours, or an alarm is raised.",
    ]


@given(PROTECTIONS)
def test_words__any_protection__are_whole_sentences(protection: Protection) -> None:
    for told in [sentence(protection, approvers=2), *details(protection)]:
        assert told[0].isupper()
        assert told.endswith(".")


@pytest.mark.parametrize(
    ("protection", "told"),
    [
        (Protection(approvals=9), []),
        (Protection(when=ABOVE, groups=("sre",)), []),
        (Protection(when=ABOVE, approvals=2), ["It asks for 2 approvals, and 1 person may give them."]),
        (Protection(when=ABOVE, groups=("qa",)), ["Nobody in group qa may approve."]),
    ],
)
def test_shortages__what_nobody_can_give__is_told(protection: Protection, told: list[str]) -> None:
    bob = Reviewer(name="bob", may_approve=True, groups=frozenset({"sre"}))
    dave = Reviewer(name="dave", may_approve=False, groups=frozenset({"qa"}))
    assert shortages(protection, [bob, dave]) == told


def test_coming__freezes__the_next_first_and_none_that_is_over() -> None:
    later, soon, over = (
        Freeze(NOW + timedelta(days=days), NOW + timedelta(days=days + 1), "inventory") for days in (9, 2, -3)
    )
    assert coming(Protection(freezes=(later, over, soon)), NOW) == [soon, later]
    assert freeze(soon) == "2026-11-22 16:00 UTC to 2026-11-23 16:00 UTC: inventory"


@pytest.mark.parametrize(
    ("hours", "told"),
    [(1, "1 hour"), (24, "24 hours"), (36, "36 hours"), (48, "2 days"), (336, "14 days")],
)
def test_duration__hours__in_whole_units(hours: int, told: str) -> None:
    assert duration(timedelta(hours=hours)) == told


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ((0, 1, 2, 3, 4), "Monday to Friday"),
        ((5, 6), "Saturday, Sunday"),
        ((0, 2, 3), "Monday, Wednesday, Thursday"),
        ((6,), "Sunday"),
    ],
)
def test_window__days__in_few_words(days: tuple[int, ...], told: str) -> None:
    assert str(Window(days, time(9), time(17, 30), "UTC")) == f"{told} 09:00-17:30 UTC"
