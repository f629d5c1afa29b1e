from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from invocations.units import Units, signed


def test_note__the_same_key_again__waits_once() -> None:
    units = Units()
    for at in (1.0, 2.0):
        units.note(5, 7, "1", at)
    assert units.take(10) == {(5, 7, "1"): 1.0}
    units.note(5, 7, "1", 3.0)
    assert not units


def test_note__more_keys_than_a_revision_may_have__keeps_the_first() -> None:
    units = Units(per_revision=3)
    for unit in range(1, 10):
        units.note(5, unit, "1", 0)
        units.note(6, unit, "1", 0)
    assert sorted(units.take(100)) == [
        (5, 1, "1"),
        (5, 2, "1"),
        (5, 3, "1"),
        (6, 1, "1"),
        (6, 2, "1"),
        (6, 3, "1"),
    ]


def test_note__more_than_fit_in_all__forgets_the_oldest_revision_and_sends_its_keys_again() -> None:
    units = Units(per_revision=3, total=4)
    for revision in (5, 6):
        for unit in (1, 2, 3):
            units.note(revision, unit, "1", 0)
        units.take(100)
    units.note(5, 1, "1", 9)
    units.note(6, 1, "1", 9)
    assert list(units.take(100)) == [(5, 1, "1")]


def test_note__nobody_takes_any__does_not_grow() -> None:
    units = Units(per_revision=3, total=4)
    for revision in range(100):
        units.note(revision, 1, "1", 0)
    assert len(units.take(1000)) == 4


def test_take__fewer_than_there_are__leaves_the_others() -> None:
    units = Units()
    for unit in (1, 2, 3):
        units.note(5, unit, "1", 0)
    assert [unit for _, unit, _ in units.take(2)] == [1, 2]
    assert units
    assert [unit for _, unit, _ in units.take(2)] == [3]
    assert not units


@given(st.integers(0, 2**64 - 1))
def test_signed__any_hash__fits_the_column_and_stays_itself(unit_hash: int) -> None:
    found = signed(unit_hash)
    assert -(2**63) <= found < 2**63
    assert found % 2**64 == unit_hash
