from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.drawn import (
    MAX_KEYS,
    TABLE,
    BadAttribute,
    DrawnAttribute,
    Keys,
    Listed,
    Order,
    Place,
    Spread,
    die,
    evenly,
    parse,
    zipf,
)

HARMONIC_500 = sum(1 / r for r in range(1, 501))

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=20)
listed = st.builds(Listed, st.lists(texts, min_size=1, max_size=9).map(tuple), st.sampled_from(Order))
keys = st.builds(Keys, st.integers(1, MAX_KEYS), st.sampled_from(Spread), texts)
sources = listed | keys


def drawn(source: Listed | Keys, n: int, *, stream: str = "7:0", first: int = 0) -> list[str]:
    value = source.drawn(stream, str.encode)
    return [value(index).decode() for index in range(first, first + n)]


def test_die__published_vector__is_met() -> None:
    assert [die("7:0", index) % 10 for index in range(4)] == [8, 9, 8, 8]


@given(sources, st.integers(0, 999_000), st.text("0123456789:", max_size=9))
def test_drawn__same_run_place_and_index__is_the_same_whatever_was_sent_before(
    source: Listed | Keys, first: int, stream: str
) -> None:
    alone = [drawn(source, 1, stream=stream, first=index)[0] for index in range(first, first + 5)]
    assert drawn(source, 5, stream=stream, first=first) == alone


@given(sources, st.integers(0, 999_999))
def test_drawn__any_index__is_no_longer_than_the_longest(source: Listed | Keys, index: int) -> None:
    assert len(drawn(source, 1, first=index)[0].encode()) <= source.longest(str.encode)


def test_listed__in_turn__begins_again_at_the_end() -> None:
    assert drawn(Listed(("a", "b", "c")), 7) == list("abcabca")


def test_listed__at_random__gives_each_value_about_its_share() -> None:
    counts = Counter(drawn(Listed(("a", "b", "c", "d"), Order.AT_RANDOM), 8000))
    assert all(1860 < counts[value] < 2140 for value in "abcd")  # 3.6 standard deviations


@given(st.integers(1, 400), st.integers(0, 20))
def test_evenly__each_round__has_every_key_once(count: int, turn: int) -> None:
    number = evenly(count, "7:0")
    round_ = [number(index) for index in range(turn * count, (turn + 1) * count)]
    assert sorted(round_) == list(range(1, count + 1))


def test_evenly__two_attributes_of_as_many_keys__do_not_go_in_step() -> None:
    pairs = set(zip(drawn(Keys(10), 1000, stream="7:0"), drawn(Keys(10), 1000, stream="7:1"), strict=True))
    assert len(pairs) > 60


def test_zipf__500_keys__each_comes_in_proportion_to_its_rank() -> None:
    n = 200_000
    counts = Counter(drawn(Keys(500, Spread.ZIPF), n))
    assert len(counts) == 500
    for rank in (1, 2, 5, 20, 100):
        expected = n / rank / HARMONIC_500
        assert abs(counts[f"user-{rank}"] - expected) < 4 * expected**0.5


@pytest.mark.parametrize("count", [1, 2, TABLE - 1, TABLE, TABLE + 1, 3 * TABLE, MAX_KEYS])
def test_zipf__any_number_of_keys__reaches_the_first_and_the_last_and_none_beyond(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = zipf(count, "7:0")
    for value, expected in ((0, 1), (2**64 - 1, count)):
        monkeypatch.setattr("invocations.drawn.die", lambda *_, value=value: value)
        assert number(0) == expected


def test_zipf__beyond_the_table__follows_the_exact_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 3 * TABLE
    number = zipf(count, "7:0")
    total = sum(1 / r for r in range(1, count + 1))
    below = sum(1 / r for r in range(1, TABLE))
    for rank in range(TABLE, count + 1):
        middle = (below + 0.5 / rank) / total
        below += 1 / rank
        monkeypatch.setattr("invocations.drawn.die", lambda *_, middle=middle: int(middle * 2**64))
        assert number(0) == rank


@given(st.builds(DrawnAttribute, st.sampled_from(Place), texts, sources))
def test_attribute__written_and_read_back__is_the_same(attribute: DrawnAttribute) -> None:
    assert parse(attribute.document()) == attribute


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (Listed(()), "values"),
        (Listed(("x",) * 1001), "values"),
        (Listed(("x" * 257,)), "values"),
        (Listed(("a\r\nb",)), "values"),
        (Listed(("a\ud800",)), "values"),
        (Keys(0), "count"),
        (Keys(1_000_001), "count"),
        (Keys(5, prefix="x" * 65), "prefix"),
        (Keys(5, prefix="a\0"), "prefix"),
    ],
)
def test_source__out_of_bounds__is_refused_at_its_part(source: Listed | Keys, part: str) -> None:
    with pytest.raises(BadAttribute) as refusal:
        source.check()
    assert refusal.value.part == part


def test_attribute__in_words__says_what_is_drawn() -> None:
    assert str(DrawnAttribute(Place.HEADER, "x-uid", Keys(1000, Spread.ZIPF))) == (
        "header x-uid: Zipf from 1,000 distinct keys, user-1 to user-1000"
    )
    assert str(DrawnAttribute(Place.QUERY, "v", Listed(("1",)))) == "query v: in turn from 1 value"
