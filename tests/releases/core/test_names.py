from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core import names
from releases.core.names import LATEST, AliasName, BadName, Number

CHECKS = {
    "ServiceName": (names.check_service_name, 128),
    "FunctionName": (names.check_function_name, 64),
    "AliasName": (names.check_alias_name, 128),
    "TriggerName": (names.check_trigger_name, 128),
}


@pytest.mark.parametrize("label", CHECKS)
@pytest.mark.parametrize("text", ["a", "_", "shop", "Shop-1_b", "latest"])
def test_name__letters_digits_and_dashes__accepted(label: str, text: str) -> None:
    CHECKS[label][0](text)


@pytest.mark.parametrize("label", CHECKS)
@pytest.mark.parametrize("text", ["", "1a", "-a", "a.b", "a b", "shop\n", "café", "a/b", "a\x00", 10, None])
def test_name__outside_the_pattern__refused_in_the_originals_words(label: str, text: object) -> None:
    expected = f"{label} doesn't match expected format (allowed: ^[_a-zA-Z][-_a-zA-Z0-9]*$, actual: '{text}')"
    with pytest.raises(BadName) as refusal:
        CHECKS[label][0](text)
    assert str(refusal.value) == expected


@pytest.mark.parametrize("label", CHECKS)
def test_name__at_and_over_its_length__accepted_and_refused_without_repeating_it(label: str) -> None:
    check, longest = CHECKS[label]
    check("a" * longest)
    with pytest.raises(BadName, match=re.escape(f"(allowed: {longest} characters, actual: {longest + 1})")):
        check("a" * (longest + 1))


def test_alias_name__latest__refused() -> None:
    with pytest.raises(BadName, match="reserved"):
        names.check_alias_name("LATEST")


@pytest.mark.parametrize("text", ["", "two\nlines\tand more", "灰度发布", "x" * 256])
def test_description__plain_text__accepted(text: str) -> None:
    names.check_description(text)


@pytest.mark.parametrize("text", ["x" * 257, "nul\x00", "escape\x1b[2J", "half \ud800", None, 3])
def test_description__too_long_or_unstorable__refused(text: object) -> None:
    with pytest.raises(BadName, match="Description"):
        names.check_description(text)


def test_qualifier__three_kinds__told_apart() -> None:
    texts = ("LATEST", "12", "latest", "prod-1")
    assert [names.parse_qualifier(text) for text in texts] == [
        LATEST,
        Number(12),
        AliasName("latest"),
        AliasName("prod-1"),
    ]


@pytest.mark.parametrize("text", ["", "0", "01", "-1", "1.0", "٣", "9" * 19, "9" * 5000, "a.b", "1\n"])
def test_qualifier__neither_number_nor_name__refused(text: str) -> None:
    with pytest.raises(BadName):
        names.parse_qualifier(text)


@pytest.mark.parametrize("text", ["", "LATEST", "0", "01", "+1", "9" * 19])
def test_version__not_a_plain_number__refused(text: str) -> None:
    with pytest.raises(BadName, match="VersionId doesn't match"):
        names.parse_version(text)


@given(st.text(max_size=200))
def test_qualifier__any_text__refused_or_printed_back(text: str) -> None:
    try:
        qualifier = names.parse_qualifier(text)
    except BadName:
        return
    assert str(qualifier) == text


@given(st.from_regex("[_a-zA-Z][-_a-zA-Z0-9]{0,127}", fullmatch=True))
def test_alias_name__any_accepted_name__never_reads_as_a_version(text: str) -> None:
    assert not isinstance(names.parse_qualifier(text), Number)
