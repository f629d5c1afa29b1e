from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from releases.core.approvals import Status, Verdict
from releases.core.policies import Canary, Policy
from releases.core.protections import Protection, When
from releases.core.rights import Role
from releases.models import Alias, ChangeRequest, User
from releases.operations import aliases, break_glass, changes
from releases.operations.aliases import Setting
from releases.operations.change_rows import Kind, Proposed
from tests import make

from . import counted
from .conftest import browser
from .moved import moved

HOME = "/"


@pytest.fixture
def bob(db: None) -> Client:
    client = browser()
    client.force_login(make.user("bob"))
    return client


def protected(name: str = "shop") -> Alias:
    alias = make.alias(make.two_versions(name))
    aliases.protect(make.act(), alias, Protection(when=frozenset({When.ANY}), approvals=1))
    return Alias.objects.select_related("service__team", "revision").get(pk=alias.pk)


def proposed(alias: Alias, by: User | None = None, *, weight_bp: int = 3000) -> ChangeRequest:
    setting = Setting(policy=Policy(1, Canary(2, weight_bp)), reason="more")
    title = f"Give version 2 {weight_bp}"
    act = make.act(by, at=timezone.now())
    return changes.propose(act, alias, Proposed(Kind.POLICY, title, setting), base_revision=1)


def needs(client: Client) -> list[str]:
    return [need["word"] for need in client.get(HOME).context["needs"]]


def test_home__anonymous__is_sent_to_log_in(anonymous: Client) -> None:
    assert anonymous.get(HOME).status_code == 302


def test_home__post__is_not_allowed(alice: Client) -> None:
    assert alice.post(HOME).status_code == 405


def test_home__nothing_there__says_what_comes_first(alice: Client) -> None:
    text = alice.get(HOME).content.decode()
    assert "Create a service" in text
    assert "Nothing waits for you" in text
    make.two_versions()
    assert "No canary is out" in alice.get(HOME).content.decode()


def test_home__in_no_team__is_told_whom_to_ask(anonymous: Client) -> None:
    make.alias(make.two_versions(), canary=2, weight_bp=3000)
    anonymous.force_login(make.outsider())
    response = anonymous.get(HOME)
    assert "You are in no team yet" in response.content.decode()
    assert (response.context["standing"], list(response.context["events"])) == ([], [])


def test_home__request_of_another__waits_for_who_may_approve_until_he_did(alice: Client, bob: Client) -> None:
    request = proposed(protected())
    assert (needs(alice), needs(bob)) == ([], ["Review"])
    assert [line["status"] for line in alice.get(HOME).context["own"]] == ["in review"]
    assert f'href="/{make.REGION}/changes/{request.pk}/"' in bob.get(HOME).content.decode()
    digest = request.payload.digest
    changes.review(
        make.act(make.user("bob")), request, verdict=Verdict.REQUEST_CHANGES, seen=digest, comment="less"
    )
    assert needs(bob) == []
    changes.review(make.act(make.user("bob")), request, verdict=Verdict.WITHDRAWN, seen=digest)
    assert needs(bob) == ["Review"]


def test_home__own_request__waits_for_its_author_when_it_is_his_turn(alice: Client, bob: Client) -> None:
    alias = protected()
    request = proposed(alias)
    act, digest = make.act(make.user("bob")), request.payload.digest
    changes.review(act, request, verdict=Verdict.REQUEST_CHANGES, seen=digest, comment="less")
    assert (needs(alice), needs(bob)) == (["Edit"], [])
    changes.review(act, request, verdict=Verdict.APPROVE, seen=digest)
    assert (needs(alice), needs(bob)) == (["Apply"], [])
    aliases.protect(make.act(), alias, Protection())
    moved(alias, Policy(2), after=timedelta(hours=1))
    assert (needs(alice), needs(bob)) == (["Stale"], [])


def test_home__may_not_approve__is_asked_for_nothing(anonymous: Client) -> None:
    proposed(protected())
    anonymous.force_login(make.user("dana", Role.DEVELOPER))
    assert needs(anonymous) == []


def test_home__draft__is_its_authors_alone(alice: Client, bob: Client) -> None:
    setting = Setting(policy=Policy(1, Canary(2, 500)))
    changes.propose(
        make.act(), protected(), Proposed(Kind.POLICY, "later", setting), base_revision=1, draft=True
    )
    assert [line["status"] for line in alice.get(HOME).context["own"]] == ["draft"]
    assert needs(bob) == []


def test_home__suspended__waits_for_those_who_may_release(alice: Client, bob: Client) -> None:
    request = proposed(protected())
    ChangeRequest.objects.filter(pk=request.pk).update(
        status=Status.SCHEDULED, suspended="the alias is frozen"
    )
    response = bob.get(HOME)
    assert [need["word"] for need in response.context["needs"]] == ["Suspended"]
    assert "The alias is frozen" in response.content.decode()
    assert needs(alice) == ["Suspended"]
    assert [line["status"] for line in alice.get(HOME).context["own"]] == ["suspended"]


def test_home__glass_broken__waits_for_who_may_ratify_and_comes_first(alice: Client, bob: Client) -> None:
    alias = protected()
    proposed(protected("pay"))
    make.join(make.user("alice"), *Role)
    setting = Setting(policy=Policy(2))
    break_glass.break_glass(
        make.act(), alias, setting, base_revision=1, reason="Version 1 answers nobody any more"
    )
    assert needs(bob) == ["Ratify", "Review"]
    assert needs(alice) == []
    request = ChangeRequest.objects.get(ratify_by__isnull=False)
    break_glass.ratify(make.act(make.user("bob")), request, seen=request.payload.digest)
    assert needs(bob) == ["Review"]


def test_home__canary_out__is_shown_with_its_verdict(alice: Client) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=3000)
    make.alias(alias.service, "quiet")
    counted.traffic(alias.revision, 1, 1388, at=timezone.now() - timedelta(minutes=5))
    counted.traffic(alias.revision, 2, 612, at=timezone.now() - timedelta(minutes=5))
    response = alice.get(HOME)
    assert [each.state.name for each in response.context["standing"]] == ["alias1"]
    assert "612 of 2,000 (30.6%) went to version 2" in response.content.decode()


def test_home__things_of_other_teams__are_not_there(alice: Client) -> None:
    make.user("eve", of="others")
    alias = make.alias(make.two_versions(), canary=2, weight_bp=3000)
    make.join(make.user("alice"), name="others")
    assert alice.get(HOME).context["standing"] != []
    alias.service.team = make.team("others")
    alias.service.save()
    response = alice.get(HOME)
    assert response.context["standing"] == []
    assert make.TEAM in {event["row"].team for event in response.context["events"]}


def test_home__events__are_the_newest_of_ones_teams(alice: Client) -> None:
    make.two_versions()
    events = list(alice.get(HOME).context["events"])
    assert events[0]["done"] == "published version"
    assert {event["row"].team for event in events} == {make.TEAM}


def test_home__much_of_everything__takes_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    for number in range(4):
        alias = protected(f"s{number}")
        proposed(alias)
        make.alias(alias.service, "out", canary=2, weight_bp=1000)
    # session, user, roles; what is out with its counts, needs, own, events
    with django_assert_num_queries(8):
        response = alice.get(HOME)
    assert (len(response.context["standing"]), len(response.context["own"])) == (4, 4)
