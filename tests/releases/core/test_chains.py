from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from releases.core.chains import Broken, Head, Link, digest, read

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ENTRIES = st.dictionaries(st.text(), VALUES, max_size=4)
LOGS = st.lists(ENTRIES, min_size=1, max_size=8)


def chained(entries: list[dict], unchained: int = 0) -> list[Link]:
    """The first `unchained` from before there was a chain."""
    links: list[Link] = []
    previous = ""
    for number, entry in enumerate(entries, 1):
        if number <= unchained:
            links.append(Link(number, entry, "", ""))
            continue
        links.append(Link(number, entry, previous, digest(previous, entry)))
        previous = links[-1].digest
    return links


def test_digest__as_documented__is_sha256_of_canonical_json() -> None:
    text = '{"entry":{"a":"\\u00e9","b":[1,null]},"previous":"ff"}'
    assert digest("ff", {"b": [1, None], "a": "é"}) == hashlib.sha256(text.encode()).hexdigest()


@given(LOGS, st.integers(0, 3))
def test_read__as_written__holds(entries: list[dict], unchained: int) -> None:
    links = chained(entries, unchained)
    reading = read(links)
    before = min(unchained, len(entries))
    assert reading.broken is None
    assert (reading.chained, reading.unchained) == (len(entries) - before, before)
    last = links[-1]
    assert reading.head == (Head(last.number, last.digest) if last.digest else None)


@given(LOGS)
def test_read__read_back_from_json__holds(entries: list[dict]) -> None:
    links = chained(entries)
    back = [replace(each, entry=json.loads(json.dumps(each.entry))) for each in links]
    assert read(back).broken is None


@given(LOGS, ENTRIES, st.data())
def test_read__one_entry_changed__breaks_there(entries: list[dict], other: dict, data: st.DataObject) -> None:
    links = chained(entries)
    place = data.draw(st.integers(0, len(links) - 1))
    was = links[place]
    links[place] = Link(was.number, other, was.previous, was.digest)
    broken = read(links).broken
    same = json.dumps(other, sort_keys=True) == json.dumps(was.entry, sort_keys=True)
    assert (broken is None) == same
    if broken is not None:
        assert broken == Broken(place + 1, "was changed after it was written")


@given(LOGS.filter(lambda entries: len(entries) > 1), st.data())
def test_read__one_taken_out_before_the_end__breaks_at_the_next(
    entries: list[dict], data: st.DataObject
) -> None:
    links = chained(entries)
    place = data.draw(st.integers(0, len(links) - 2))
    del links[place]
    broken = read(links).broken
    assert broken is not None
    assert broken.number == place + 2
    assert "taken out" in broken.text


@given(LOGS, ENTRIES, st.data())
def test_read__one_put_in__breaks_there(entries: list[dict], other: dict, data: st.DataObject) -> None:
    links = chained(entries)
    place = data.draw(st.integers(0, len(links)))
    forged = Link(99, other, "ab" * 32, digest("ab" * 32, other))
    links.insert(place, forged)
    assert read(links).broken == Broken(
        99, "does not follow the entry before it: one was taken out or put in"
    )


@given(LOGS, ENTRIES)
def test_read__unchained_after_the_beginning__breaks_there(entries: list[dict], other: dict) -> None:
    broken = read([*chained(entries), Link(99, other, "", "")]).broken
    assert broken is not None
    assert broken.number == 99
    assert "has no digest" in broken.text


@given(LOGS, st.data())
def test_read__two_exchanged__breaks(entries: list[dict], data: st.DataObject) -> None:
    links = chained(entries)
    one, other = data.draw(st.integers(0, len(links) - 1)), data.draw(st.integers(0, len(links) - 1))
    links[one], links[other] = links[other], links[one]
    assert (read(links).broken is None) == (one == other)


@given(LOGS, st.data())
def test_read__end_cut_off__holds_and_only_the_head_tells(entries: list[dict], data: st.DataObject) -> None:
    links = chained(entries)
    kept = data.draw(st.integers(0, len(links) - 1))
    whole, cut = read(links), read(links[:kept])
    assert cut.broken is None
    assert cut.head != whole.head


@given(LOGS, st.data())
def test_read__from_an_entry_on__counts_what_came_after_and_ends_alike(
    entries: list[dict], data: st.DataObject
) -> None:
    links = chained(entries)
    place = data.draw(st.integers(0, len(links) - 1))
    start = Head(links[place].number, links[place].digest)
    reading = read(links[place:], start=start)
    assert (reading.chained, reading.broken) == (len(links) - place - 1, None)
    assert reading.head == read(links).head


@given(LOGS, ENTRIES)
def test_read__start_is_gone_or_another__breaks_at_it(entries: list[dict], other: dict) -> None:
    links = chained(entries)
    start = Head(links[0].number, links[0].digest)
    assert read([], start=start).broken == Broken(1, "was taken out after it had been verified")
    changed = Link(1, {"other": other}, "", digest("", {"other": other}))
    assert read([changed], start=start).broken == Broken(1, "was changed after it had been verified")
    assert read([Link(2, other, "", digest("", other))], start=start).broken is not None


def test_read__nothing__holds_and_has_no_head() -> None:
    reading = read([])
    assert (reading.chained, reading.unchained, reading.head, reading.broken) == (0, 0, None, None)
