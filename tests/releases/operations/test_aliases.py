from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from releases.core import policies
from releases.core.names import BadName
from releases.core.policies import Canary, Policy
from releases.models import Alias, AliasRevision, AuditEntry, Service, Version
from releases.operations import aliases, versions
from releases.operations.aliases import ChangedMeanwhile, NothingToChange, Setting
from releases.operations.catalog import NameTaken
from releases.operations.versions import NoSuchVersion
from releases.queries import aliases as query
from tests import make

pytestmark = pytest.mark.django_db

SPLIT = Policy(1, Canary(2, 3000))


@pytest.fixture
def service() -> Service:
    return make.two_versions()


def change(alias: Alias, policy: Policy, base: int) -> AliasRevision:
    return aliases.change_alias(
        make.act(make.user("bob")), alias, base_revision=base, setting=Setting(policy=policy)
    )


def current(alias: Alias) -> Policy:
    alias.refresh_from_db()
    assert alias.revision is not None
    return policies.parse(alias.revision.policy)


def test_create_alias__valid__has_revision_1(service: Service) -> None:
    alias = make.alias(service)
    assert alias.revision is not None
    assert (alias.revision.number, current(alias)) == (1, Policy(1))


@pytest.mark.parametrize("name", ["", "1", "LATEST", "-a", "a" * 129, "ä"])
def test_create_alias__bad_name__is_refused(service: Service, name: str) -> None:
    with pytest.raises(BadName):
        make.alias(service, name)


def test_create_alias__taken_name__is_refused(service: Service) -> None:
    make.alias(service)
    with pytest.raises(NameTaken, match="alias 'alias1' already exists"):
        make.alias(service)


def test_create_alias__missing_version__makes_nothing(service: Service) -> None:
    with pytest.raises(NoSuchVersion, match="version 7 of service 'shop' does not exist"):
        make.alias(service, primary=7)
    assert not Alias.objects.exists()


def test_change_alias__new_policy__adds_a_revision_and_an_audit_entry(service: Service) -> None:
    alias = make.alias(service)
    revision = change(alias, SPLIT, base=1)
    entry = AuditEntry.objects.latest("pk")
    assert (revision.number, revision.created_by.username, current(alias)) == (2, "bob", SPLIT)
    assert entry.before == policies.document(Policy(1))
    assert (entry.after, entry.reason) == (policies.document(SPLIT), "")


def test_change_alias__same_policy__is_refused(service: Service) -> None:
    alias = make.alias(service)
    with pytest.raises(NothingToChange):
        change(alias, Policy(1), base=1)


def test_change_alias__opened_before_anothers_change__is_told_and_overwrites_nothing(
    service: Service,
) -> None:
    alias = make.alias(service)
    change(alias, SPLIT, base=1)
    with pytest.raises(
        ChangedMeanwhile, match=r"bob changed alias 'alias1' meanwhile.*canary.*version 2 at 30%"
    ):
        change(alias, Policy(2), base=1)
    assert current(alias) == SPLIT


def test_change_alias__version_deleted_meanwhile__is_refused(service: Service) -> None:
    alias = make.alias(service)
    versions.retire(make.act(), Version.objects.get(number=2))
    with pytest.raises(NoSuchVersion, match="version 2"):
        change(alias, SPLIT, base=1)
    assert current(alias) == Policy(1)


def test_switch_all__with_a_canary__makes_it_the_primary_and_clears_it(service: Service) -> None:
    alias = make.alias(service, canary=2, weight_bp=3000)
    aliases.switch_all(make.act(), alias, base_revision=1)
    assert current(alias) == Policy(2)


def test_switch_all__without_a_canary__is_refused(service: Service) -> None:
    with pytest.raises(NothingToChange, match="no canary"):
        aliases.switch_all(make.act(), make.alias(service), base_revision=1)


def test_roll_back__while_a_canary_runs__leaves_the_primary_alone(service: Service) -> None:
    alias = make.alias(service, canary=2, weight_bp=3000)
    aliases.roll_back(make.act(), alias, base_revision=1)
    assert current(alias) == Policy(1)


def test_roll_back__after_the_switch__returns_to_the_version_before(service: Service) -> None:
    alias = make.alias(service, canary=2, weight_bp=3000)
    aliases.switch_all(make.act(), alias, base_revision=1)
    assert query.rollback_policy(alias) == Policy(1)
    aliases.roll_back(make.act(), alias, base_revision=2)
    assert current(alias) == Policy(1)


def test_roll_back__several_served_before__returns_to_the_last_of_them(service: Service) -> None:
    make.deploy(service.functions.get(), make.HELLO + "# three\n")
    make.version(service, "third")
    alias = make.alias(service)
    for base, primary in enumerate((2, 3, 3), start=1):
        aliases.change_alias(
            make.act(),
            alias,
            base_revision=base,
            setting=Setting(policy=Policy(primary), description=str(base)),
        )
    aliases.roll_back(make.act(), alias, base_revision=4)
    assert current(alias) == Policy(2)


def test_roll_back__nothing_else_ever_served__is_refused(service: Service) -> None:
    with pytest.raises(NothingToChange, match="no other version"):
        aliases.roll_back(make.act(), make.alias(service), base_revision=1)


def test_restore__older_revision__sets_the_alias_as_it_was(service: Service) -> None:
    alias = make.alias(service, canary=2, weight_bp=3000)
    change(alias, Policy(2), base=1)
    revision = aliases.restore(make.act(), alias, number=1, base_revision=2)
    assert (revision.number, revision.reason, current(alias)) == (3, "Restored revision 1", SPLIT)


def test_delete_alias__live__frees_its_name_and_keeps_its_revisions(service: Service) -> None:
    aliases.delete_alias(make.act(), make.alias(service))
    assert AliasRevision.objects.count() == 1
    assert make.alias(service).pk is not None


def test_alias_revision__changed_past_the_application__is_refused_by_the_database(service: Service) -> None:
    make.alias(service)
    for write in (
        lambda: AliasRevision.objects.update(policy={}),
        lambda: AliasRevision.objects.all()._raw_delete(using="default"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()
