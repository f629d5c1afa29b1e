"""The panel of a canary that goes by rule, by key or evenly."""

from __future__ import annotations

import time

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Even, Policy, Sticky
from releases.core.rules import MAX_RULES, Combiner, Rules, make_rule
from releases.models import Alias, AliasRevision
from releases.operations import aliases
from releases.operations.aliases import Setting
from releases.queries import aliases as query
from tests import make

from .conftest import HTMX
from .panel import BY_RULE, SPLIT, UID, rule

REGION = make.REGION
CREATE = reverse("alias-create", args=[REGION, "shop"])
EDIT = reverse("alias-edit", args=[REGION, "shop", "alias1"])
NAMED = {"name": "alias1"}
UID_RULE = make_rule("Header", "x-uid", "=", "42")
AGE_RULE = make_rule("Query", "age", ">=", "18", "number")
RULES = Rules(Combiner.ANY, (UID_RULE, AGE_RULE))
TWO_RULES = UID | rule(1, "Query", "age", ">=", "18", "number")


def made() -> Policy:
    return query.state(Alias.objects.get()).policy


def test_panel__two_rules__are_kept_with_their_pattern_and_ratio(alice: Client) -> None:
    make.two_versions()
    sent = NAMED | BY_RULE | TWO_RULES | {"combiner": "OR", "provisioned": "2.5"}
    assert alice.post(CREATE, sent).status_code == 302
    assert made() == Policy(1, Canary(2, 250), RULES)


def test_panel__no_ratio__is_one_percent(alice: Client) -> None:
    make.two_versions()
    alice.post(CREATE, NAMED | BY_RULE | UID | {"provisioned": "", "weight": "junk"})
    assert made() == Policy(1, Canary(2, 100), Rules(Combiner.ALL, (UID_RULE,)))


@pytest.mark.parametrize(
    ("given", "split"),
    [
        ({"spread": "Even"}, Even()),
        (
            {"spread": "Sticky", "sticky_type": "Cookie", "sticky_key": "id"},
            Sticky(Parameter(Source.COOKIE, "id")),
        ),
    ],
)
def test_panel__spread__is_kept(alice: Client, given: dict[str, str], split: object) -> None:
    make.two_versions()
    alice.post(CREATE, NAMED | SPLIT | given | rule(0, "Header", "", "=", ""))
    assert made() == Policy(1, Canary(2, 3000), split)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(1, Canary(2, 250), RULES),
        Policy(1, Canary(2, 1050), Even()),
        Policy(1, Canary(2, 1050), Sticky(Parameter(Source.QUERY, "uid"))),
    ],
)
def test_panel__opened_and_sent_back__changes_nothing(alice: Client, policy: Policy) -> None:
    assert policy.canary
    make.alias(make.two_versions(), canary=2, weight_bp=policy.canary.weight_bp, split=policy.split)
    form = alice.get(EDIT).context["form"]
    fields = [*form, *(field for each in form.rules for field in each)]
    sent = {field.html_name: field.value() for field in fields if field.value() is not None}
    response = alice.post(EDIT, sent)
    assert response.status_code == 409
    assert "already set so" in response.content.decode()


@pytest.mark.parametrize(
    ("bad", "part", "told"),
    [
        (rule(0, "Header", "", "=", "42"), "key", "needs a name"),
        (rule(0, "Header", "x uid", "=", "42"), "key", "holds only letters"),
        (rule(0, "Cookie", "größe", "=", "42"), "key", "holds only letters"),
        (rule(0, "Header", "x" * 129, "=", "42"), "key", "too long"),
        (rule(0, "Query", "a\x07b", "=", "42"), "key", "control character"),
        (rule(0, "Query", "a\0b", "=", "42"), "key", "Null characters"),
        (rule(0, "Body", "x-uid", "=", "42"), "type", "must be Header, Cookie or Query"),
        (rule(0, "Header", "x-uid", "~", "42"), "operator", "must be one of"),
        (rule(0, "Header", "x-uid", "", "42"), "operator", "must be one of"),
        (rule(0, "Header", "x-uid", "=", ""), "value", "needs a value"),
        (rule(0, "Header", "x-uid", "=", "v" * 1025), "value", "too long"),
        (rule(0, "Header", "x-uid", "=", "a\nb"), "value", "control character"),
        (rule(0, "Header", "x-uid", "in", " , "), "value", "set is empty"),
        (rule(0, "Header", "x-uid", ">", "ten", "number"), "value", "no number"),
        (rule(0, "Header", "x-uid", ">", "10", "colour"), "order", "compared as text"),
        (rule(0, "Header", "x-uid", "percent", "0"), "value", "from 1 to 100"),
        (rule(0, "Header", "x-uid", "percent", "101"), "value", "from 1 to 100"),
        (rule(0, "Header", "x-uid", "percent", "3.5"), "value", "from 1 to 100"),
        ({"rule-0-key": "x-uid"}, "type", "must be Header, Cookie or Query"),
    ],
)
def test_panel__bad_rule__is_told_at_its_own_field(
    alice: Client, bad: dict[str, str], part: str, told: str
) -> None:
    make.two_versions()
    second = {name.replace("-0-", "-1-"): text for name, text in bad.items()}
    response = alice.post(CREATE, NAMED | BY_RULE | UID | second, headers=HTMX)
    assert response.status_code == 422
    good, refused = response.context["form"].rules
    assert not good.errors
    assert list(refused.errors) == [part]
    assert told in response.content.decode()
    assert f'id="id_rule-1-{part}_error"' in response.content.decode()
    assert not Alias.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"combiner": "XOR"}, "combiner"),
        ({"provisioned": "101"}, "provisioned"),
        ({"provisioned": "one"}, "provisioned"),
        ({"provisioned": "9" * 5000}, "provisioned"),
        ({"kind": "Random", "spread": "Odd"}, "spread"),
        ({"kind": "Random", "spread": "Sticky"}, "sticky_key"),
        ({"kind": "Random", "spread": "Sticky", "sticky_type": "Body", "sticky_key": "x"}, "sticky_type"),
        (
            {"kind": "Random", "spread": "Sticky", "sticky_type": "Header", "sticky_key": "x uid"},
            "sticky_key",
        ),
        (
            {"kind": "Random", "spread": "Sticky", "sticky_type": "Query", "sticky_key": "a\0b"},
            "sticky_key",
        ),
    ],
)
def test_panel__bad_input__is_told_at_its_field(alice: Client, changes: dict[str, str], field: str) -> None:
    make.two_versions()
    response = alice.post(CREATE, NAMED | BY_RULE | UID | changes)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]


def test_panel__by_rule_without_rules__asks_for_one(alice: Client) -> None:
    make.two_versions()
    response = alice.post(CREATE, NAMED | BY_RULE)
    assert response.status_code == 422
    assert "Add at least one rule." in response.content.decode()
    assert len(response.context["form"].rules) == 1


def test_panel__a_thousand_rules__are_refused_at_the_limit_at_once(alice: Client) -> None:
    make.two_versions()
    many = {
        name: text
        for place in range(1000)
        for name, text in rule(place, "Header", f"x-{place}", "in", "a,b").items()
    }
    started = time.perf_counter()
    response = alice.post(CREATE, NAMED | BY_RULE | many)
    assert time.perf_counter() - started < 2
    assert response.status_code == 422
    assert f"An alias can have {MAX_RULES} rules at the most; 1,000 were sent." in response.content.decode()
    assert len(response.context["form"].rules) == MAX_RULES


def test_add_rule__pressed__keeps_what_was_typed_and_judges_nothing(alice: Client) -> None:
    make.two_versions()
    typed = BY_RULE | {"name": "1st", "canary": "", "reason": "why"} | rule(0, "Cookie", "a b", "in", "x")
    response = alice.post(CREATE, typed | {"add_rule": "1"})
    form = response.context["form"]
    assert response.status_code == 200
    assert "is-invalid" not in response.content.decode()
    assert (form["name"].value(), form["reason"].value(), form["kind"].value()) == ("1st", "why", "Content")
    assert [each["key"].value() for each in form.rules] == ["a b", None]
    assert [each["operator"].value() for each in form.rules] == ["in", None]
    assert 'name="rule-1-key"' in response.content.decode()


def test_add_rule__by_htmx__answers_the_panel_alone(alice: Client) -> None:
    make.alias(make.two_versions())
    response = alice.post(EDIT, BY_RULE | UID | {"add_rule": "1", "base_revision": "1"}, headers=HTMX)
    assert response.status_code == 200
    assert response.content.decode().lstrip().startswith("<form")
    assert response.context["form"]["base_revision"].value() == "1"
    assert AliasRevision.objects.count() == 1


def test_add_rule__at_the_limit__adds_none_and_says_why(alice: Client) -> None:
    make.two_versions()
    full: dict[str, str] = {}
    for place in range(MAX_RULES):
        full |= rule(place, "Header", f"x-{place}", "=", "1")
    response = alice.post(CREATE, BY_RULE | full | {"add_rule": "1"})
    assert len(response.context["form"].rules) == MAX_RULES
    assert f"An alias can have {MAX_RULES} rules at the most." in response.content.decode()


@pytest.mark.parametrize(
    ("place", "left"),
    [
        ("0", ["age"]),
        ("1", ["x-uid"]),
        ("7", ["x-uid", "age"]),
        ("x", ["x-uid", "age"]),
        ("", ["x-uid", "age"]),
    ],
)
def test_remove_rule__pressed__takes_out_that_one(alice: Client, place: str, left: list[str]) -> None:
    make.two_versions()
    response = alice.post(CREATE, BY_RULE | TWO_RULES | {"remove_rule": place})
    assert response.status_code == 200
    assert [each["key"].value() for each in response.context["form"].rules] == left
    assert response.context["sentence"].startswith("HTTP calls whose")


def test_panel__changed_meanwhile__tells_which_rules(alice: Client) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=100, split=RULES)
    theirs = Setting(policy=Policy(1, Canary(2, 100), Rules(Combiner.ANY, (UID_RULE,))))
    aliases.change_alias(make.act(make.user("bob")), alias, base_revision=1, setting=theirs)
    response = alice.post(EDIT, BY_RULE | TWO_RULES | {"base_revision": "1", "combiner": "OR"})
    text = response.content.decode()
    assert response.status_code == 409
    assert "bob changed alias" in text
    assert "Rule removed: query age &gt;= “18” as a number." in text
    assert len(response.context["form"].rules) == 2


def test_panel__version_deleted__opens_marked_and_can_be_mended(alice: Client) -> None:
    shop = make.two_versions()
    make.alias(shop, canary=2, weight_bp=3000)
    shop.versions.filter(number=2).update(retired_at=make.NOW)
    assert "version 2 was deleted" in alice.get(EDIT).content.decode()
    assert alice.post(EDIT, SPLIT | {"base_revision": "1"}).status_code == 422
    assert alice.post(EDIT, {"primary": "1", "base_revision": "1"}).status_code == 302
    assert made() == Policy(1)


def test_pages__by_rule__say_rules_where_a_weight_would_mislead(alice: Client) -> None:
    make.alias(make.two_versions(), canary=2, weight_bp=3000, split=RULES)
    page = alice.get(reverse("alias", args=[REGION, "shop", "alias1"])).content.decode()
    assert "(now calls that meet its rules)" in page
    assert "(now 30%)" not in page
    assert (
        "calls that meet its rules" in alice.get(reverse("aliases", args=[REGION, "shop"])).content.decode()
    )
    versions = alice.get(reverse("versions", args=[REGION, "shop"])).content.decode()
    assert "alias1: calls that meet its rules" in versions
    assert "alias1: all other calls" in versions
