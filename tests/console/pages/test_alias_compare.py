from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy
from releases.core.rules import Combiner, Operator, Rule, Rules
from releases.operations import versions
from tests import make

from .moved import HOUR, alias1, moved

PAGE = reverse("alias-compare", args=[make.REGION, "shop", "alias1"])
UID = Parameter(Source.HEADER, "x-uid")


def test_alias_compare__two_revisions__stand_side_by_side(alice: Client) -> None:
    alias1()
    page = alice.get(PAGE, {"a": "1", "b": "2"})
    assert [side["reign"].number for side in page.context["sides"]] == [1, 2]
    changed = [(f.name, f.old, f.new) for f in page.context["fields"] if f.changed]
    assert changed == [
        ("Canary version", "", "2"),
        ("Canary type", "", "random"),
        ("Weight", "", "30%"),
    ]
    text = page.content.decode()
    assert "All calls go to version 1." in text
    assert "70% of calls go to version 1, 30% to version 2." in text
    assert reverse("alias-restore", args=[make.REGION, "shop", "alias1", 1]) in text


def test_alias_compare__rules__tells_which_were_added_and_removed(alice: Client) -> None:
    alias = alias1()
    first, second = (Rule(UID, Operator.EQUAL, name) for name in ("<alice>", "bob"))
    moved(alias, Policy(1, Canary(2, 100), Rules(Combiner.ANY, (first,))), after=4 * HOUR)
    moved(alias, Policy(1, Canary(2, 100), Rules(Combiner.ALL, (second,))), after=5 * HOUR)
    page = alice.get(PAGE, {"a": "4", "b": "5"})
    assert [(rule.mark, rule.condition) for rule in page.context["rules"]] == [
        ("removed", "header x-uid = “<alice>”"),
        ("added", "header x-uid = “bob”"),
    ]
    assert "&lt;alice&gt;" in page.content.decode()


def test_alias_compare__description_alone__is_a_changed_field(alice: Client) -> None:
    alias = alias1()
    moved(alias, Policy(2), after=4 * HOUR, description="for phones")
    page = alice.get(PAGE, {"a": "3", "b": "4"})
    assert [(f.name, f.old, f.new) for f in page.context["fields"] if f.changed] == [
        ("Description", "", "for phones")
    ]


def test_alias_compare__nothing_asked__compares_the_newest_two(alice: Client) -> None:
    alias1()
    assert [side["reign"].number for side in alice.get(PAGE).context["sides"]] == [2, 3]


def test_alias_compare__version_deleted_since__is_marked(alice: Client) -> None:
    alias = alias1()
    versions.retire(make.act(), alias.service.versions.get(number=1))
    assert "version 1 was deleted since" in alice.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ({"a": "2", "b": "2"}, "b", "Both are revision 2: choose another one."),
        ({"a": "2", "b": "9"}, "b", "alias1 has no revision 9."),
        ({"a": "9" * 18, "b": "2"}, "a", "has no revision"),
        ({"a": "9" * 40, "b": "2"}, "a", "Enter a whole number."),
        ({"a": "0", "b": "2"}, "a", "greater than or equal to 1"),
        ({"a": "-1", "b": "2"}, "a", "Enter a whole number."),
        ({"a": "x", "b": "2"}, "a", "Enter a whole number."),
        ({"a": "\0", "b": "2"}, "a", "Enter a whole number."),
        ({"a": "2"}, "b", "This field is required."),
    ],
)
def test_alias_compare__bad_choice__is_an_error_at_its_field(
    alice: Client, query: dict[str, str], field: str, told: str
) -> None:
    alias1()
    page = alice.get(PAGE, query)
    assert page.status_code == 422
    assert told in page.context["form"].errors[field][0]
    assert page.context["sides"] == []


def test_alias_compare__one_revision__says_that_there_is_no_other(alice: Client) -> None:
    make.alias(make.two_versions())
    page = alice.get(PAGE)
    assert page.status_code == 422
    assert "choose another one" in page.content.decode()


def test_alias_compare__thousands_of_revisions__takes_no_more_queries(
    alice: Client, django_assert_max_num_queries
) -> None:
    alias = alias1()
    for minute in range(20):
        moved(alias, Policy(1, Canary(2, minute + 1)), after=timedelta(hours=4, minutes=minute))
    with django_assert_max_num_queries(12):
        assert alice.get(PAGE, {"a": "2", "b": "20"}).status_code == 200


def test_alias_compare__post_anonymous_and_unknown__are_turned_away(alice: Client, anonymous: Client) -> None:
    alias1()
    assert alice.post(PAGE).status_code == 405
    assert anonymous.get(PAGE)["Location"].startswith(reverse("log-in"))
    assert alice.get(PAGE.replace("alias1", "alias2")).status_code == 404
