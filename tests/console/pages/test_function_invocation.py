from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from invocations.models import InvocationLabels
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy
from releases.core.rules import Combiner, Operator, Rule, Rules
from releases.models import Alias
from releases.operations import aliases, versions
from releases.operations.aliases import Setting
from tests import make

from . import counted

CHECKOUT = [make.REGION, "shop", "checkout"]
UID = Parameter(Source.HEADER, "x-uid")
RULES = Rules(Combiner.ANY, (Rule(UID, Operator.PERCENT, "70"), Rule(UID, Operator.EQUAL, "alice")))


def by_rule() -> Alias:
    setting = Setting(policy=Policy(1, Canary(2, 100), RULES))
    return aliases.create_alias(make.act(), make.two_versions(), name="alias1", setting=setting)


def test_function_invocation__recorded__shows_its_log(alice: Client) -> None:
    make.function(make.service())
    counted.invocation(1, outcome="timeout", cold=True, log="<i>FC Invoke Start</i>")
    text = alice.get(reverse("function-invocation", args=[*CHECKOUT, UUID(int=1)])).content.decode()
    for shown in ("Timeout", "Cold", "0.87 ms", "10.00 MB", "&lt;i&gt;FC Invoke Start&lt;/i&gt;"):
        assert shown in text


def test_function_invocation__unknown__is_not_found(alice: Client) -> None:
    make.function(make.service())
    assert alice.get(reverse("function-invocation", args=[*CHECKOUT, UUID(int=5)])).status_code == 404


def told(client: Client, number: int) -> str:
    response = client.get(reverse("function-invocation", args=[*CHECKOUT, UUID(int=number)]))
    assert response.status_code == 200
    return response.content.decode()


def test_function_invocation__by_rule__tells_every_condition_and_the_outcome(alice: Client) -> None:
    alias = by_rule()
    counted.invocation(
        1, qualifier="alias1", version="2", alias_revision=alias.revision_id, decision="rules TF 3"
    )
    text = told(alice, 1)
    for shown in (
        "Why this version?",
        "header x-uid in 70% of values",
        "bucket 3 of 10,000",
        "header x-uid = “alice”",
        "To the canary, version 2: a rule is met.",
        reverse("alias", args=[make.REGION, "shop", "alias1"]) + "?revision=1",
        "The values that the call had were not recorded.",
    ):
        assert shown in text
    assert "This does not fit" not in text


def test_function_invocation__recorded_attributes__shows_the_values(alice: Client) -> None:
    alias = by_rule()
    columns = {"alias_revision": alias.revision_id, "decision": "rules TF 3", "version": "2"}
    counted.invocation(1, qualifier="alias1", **columns)
    labels = {"Header x-uid": "<b>bob</b>", "Cookie other": "never asked"}
    InvocationLabels.objects.create(request_id=UUID(int=1), at=make.NOW, labels=labels, **columns)
    text = told(alice, 1)
    assert "&lt;b&gt;bob&lt;/b&gt;" in text
    assert "never asked" not in text
    assert "were not recorded" not in text


def test_function_invocation__another_version_answered__says_so(alice: Client) -> None:
    alias = by_rule()
    counted.invocation(
        1, qualifier="alias1", version="1", alias_revision=alias.revision_id, decision="rules TF 3"
    )
    shown = "version 1 answered, but the recorded reason leads to version 2."
    assert shown in told(alice, 1)


@pytest.mark.parametrize("decision", ["", "moon", "die 999999999999", "rules T", "rules TF\n", "<i>"])
def test_function_invocation__unreadable_reason__says_that_it_cannot_be_read(
    alice: Client, decision: str
) -> None:
    alias = by_rule()
    counted.invocation(
        1, qualifier="alias1", version="2", alias_revision=alias.revision_id, decision=decision
    )
    assert "This reason cannot be read" in told(alice, 1)
    assert alice.get(reverse("function-invocations", args=CHECKOUT)).status_code == 200


def test_function_invocation__alias_deleted_since__is_told_without_a_link(alice: Client) -> None:
    alias = by_rule()
    counted.invocation(
        1, qualifier="alias1", version="2", alias_revision=alias.revision_id, decision="rules TF 3"
    )
    aliases.delete_alias(make.act(), alias)
    text = told(alice, 1)
    assert "the alias was deleted since" in text
    assert reverse("alias", args=[make.REGION, "shop", "alias1"]) not in text


def test_function_invocation__version_deleted_since__is_marked(alice: Client) -> None:
    alias = by_rule()
    routed = {"alias_revision": alias.revision_id, "decision": "rules TF 3"}
    counted.invocation(1, qualifier="alias1", version="2", **routed)
    aliases.delete_alias(make.act(), alias)
    versions.retire(make.act(), alias.service.versions.get(number=2))
    assert "version 2 was deleted since" in told(alice, 1)


def test_function_invocation__by_number__has_no_why(alice: Client) -> None:
    make.two_versions()
    counted.invocation(1, qualifier="1", version="1")
    assert "Why this version?" not in told(alice, 1)
