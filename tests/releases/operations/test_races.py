"""Two people at once, on connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from invocations.refusals import Refused
from releases.core import policies
from releases.core.policies import Canary, Policy
from releases.models import Alias, AliasRevision, Version
from releases.operations import aliases, versions
from releases.operations.aliases import ChangedMeanwhile, Setting
from releases.operations.catalog import StillNeeded
from releases.operations.versions import NoSuchVersion, NothingChanged
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 5


def at_once(*works: Callable[[], object]) -> list[Refused]:
    """Start all works at the same moment, each in a thread with its own connection; what was refused."""
    barrier = threading.Barrier(len(works))
    refusals: list[Refused] = []

    def run(work: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            work()
        except Refused as refusal:
            refusals.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "a race must not end in a deadlock"
    return refusals


def test_change_alias__two_at_once_from_one_revision__one_wins_and_the_other_is_told() -> None:
    act = make.act()
    alias = make.alias(make.two_versions())
    for base in range(1, ROUNDS + 1):
        works = [
            lambda weight=weight, base=base: aliases.change_alias(
                act, alias, base_revision=base, setting=Setting(policy=Policy(1, Canary(2, weight)))
            )
            for weight in (1000 * base, 1000 * base + 500)
        ]
        refusals = at_once(*works)
        assert [type(refusal) for refusal in refusals] == [ChangedMeanwhile]
    assert AliasRevision.objects.filter(alias=alias).count() == ROUNDS + 1


def test_retire__while_an_alias_moves_to_the_version__never_leaves_it_dangling() -> None:
    act = make.act()
    service = make.two_versions()
    version = Version.objects.get(service=service, number=2)
    alias = make.alias(service)
    refusals = at_once(
        lambda: versions.retire(act, version),
        lambda: aliases.change_alias(act, alias, base_revision=1, setting=Setting(policy=Policy(2))),
    )
    version.refresh_from_db()
    policy = policies.parse(Alias.objects.select_related("revision").get(pk=alias.pk).revision.policy)
    assert len(refusals) == 1
    assert isinstance(refusals[0], StillNeeded | NoSuchVersion)
    assert (version.retired_at is None) == (policy == Policy(2))


def test_publish__two_at_once__one_publishes_and_the_other_finds_nothing_changed() -> None:
    act = make.act()
    service = make.service()
    make.function(service)
    refusals = at_once(lambda: versions.publish(act, service), lambda: versions.publish(act, service))
    assert [type(refusal) for refusal in refusals] == [NothingChanged]
    assert list(Version.objects.values_list("number", flat=True)) == [1]
