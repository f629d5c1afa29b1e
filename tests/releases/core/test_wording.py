from __future__ import annotations

import pytest

from releases.core import wording


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (7, "7"), (16136, "16,000"), (996, "1,000"), (1_449_999, "1,400,000")]
)
def test_about__any_need__two_significant_digits(number: int, text: str) -> None:
    assert wording.about(number) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0%"),
        (0.00004, "<0.01%"),
        (0.0042, "0.42%"),
        (0.306, "30.6%"),
        (0.3, "30%"),
        (0.99995, ">99.99%"),
        (1.0, "100%"),
    ],
)
def test_share__near_the_ends__never_rounded_to_nothing_or_all(value: float, text: str) -> None:
    assert wording.share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.01, "1 point"), (0.15, "15 points"), (0.001, "0.1 points"), (0.0001, "0.01 points")],
)
def test_points__whole_and_part__named(value: float, text: str) -> None:
    assert wording.points(value) == text
