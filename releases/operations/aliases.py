"""Moving traffic. Each change is a new alias revision; nothing is ever overwritten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from invocations.refusals import Refused
from releases.core import moves, names, policies, policy_words
from releases.core.policies import Policy
from releases.models import Alias, AliasRevision, Service, Version
from releases.queries import aliases as query

from .audit import Act
from .catalog import NameTaken
from .routing import announce
from .versions import NoSuchVersion


class ChangedMeanwhile(Refused):
    """The alias moved since the form was opened; the text says who moved it and what changed."""


class NothingToChange(Refused):
    """The alias already is as asked, or has nowhere to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a revision says: the policy and the words beside it."""

    policy: Policy
    description: str = ""
    reason: str = ""


@transaction.atomic
def create_alias(act: Act, service: Service, *, name: str, setting: Setting) -> Alias:
    """An alias with its first revision. Raises BadName, NameTaken or NoSuchVersion."""
    names.check_alias_name(name)
    try:
        with transaction.atomic():
            alias = Alias.objects.create(service=service, name=name, created_at=act.at)
    except IntegrityError:
        raise NameTaken(f"alias '{name}' already exists in service '{service.name}'") from None
    _revise(act, alias, setting, action="alias.create")
    return alias


@transaction.atomic
def change_alias(act: Act, alias: Alias, *, base_revision: int, setting: Setting) -> AliasRevision:
    """Give an alias a new policy. `base_revision` is the number that the editor was opened on.

    Raises ChangedMeanwhile, NothingToChange or NoSuchVersion.
    """
    alias = _locked(alias, base_revision)
    current = _current(alias)
    if policies.parse(current.policy) == setting.policy and current.description == setting.description:
        raise NothingToChange(
            f"alias '{alias.name}' is already set so: {policy_words.sentence(setting.policy)}"
        )
    return _revise(act, alias, setting, action="alias.change")


def restore(act: Act, alias: Alias, *, number: int, base_revision: int, reason: str = "") -> AliasRevision:
    """Set the alias as revision `number` had it, as a new revision."""
    revision = AliasRevision.objects.get(alias=alias, number=number)
    setting = Setting(
        policy=policies.parse(revision.policy),
        description=revision.description,
        reason=reason or f"Restored revision {number}",
    )
    return change_alias(act, alias, base_revision=base_revision, setting=setting)


def switch_all(act: Act, alias: Alias, *, base_revision: int, reason: str = "") -> AliasRevision:
    """The last step of a release: the canary becomes the primary, and the canary is cleared."""
    return _move(act, alias, base_revision, reason or "Switched all traffic", _to_canary)


def roll_back(act: Act, alias: Alias, *, base_revision: int, reason: str = "") -> AliasRevision:
    """Every call back to the version that served before (`releases.core.moves.roll_back`)."""
    return _move(act, alias, base_revision, reason or "Rolled back", _to_earlier)


@transaction.atomic
def delete_alias(act: Act, alias: Alias) -> None:
    """Retire an alias; its revisions stay, and its name becomes free."""
    alias = _locked(alias, None)
    alias.retired_at = act.at
    alias.save(update_fields=["retired_at"])
    act.record(
        "alias.delete",
        region=alias.service.region,
        path=f"{alias.service.name}/{alias.name}",
        before=_current(alias).policy,
    )
    announce(alias.service)


def _move(
    act: Act, alias: Alias, base_revision: int, reason: str, destination: Callable[[Alias], Policy]
) -> AliasRevision:
    with transaction.atomic():
        alias = _locked(alias, base_revision)
        setting = Setting(policy=destination(alias), description=_current(alias).description, reason=reason)
        return _revise(act, alias, setting, action="alias.change")


def _to_canary(alias: Alias) -> Policy:
    policy = moves.switch_all(policies.parse(_current(alias).policy))
    if policy is None:
        raise NothingToChange(f"alias '{alias.name}' has no canary version to switch to")
    return policy


def _to_earlier(alias: Alias) -> Policy:
    policy = query.rollback_policy(alias)
    if policy is None:
        raise NothingToChange(f"no other version ever served alias '{alias.name}'")
    return policy


def _locked(alias: Alias, base_revision: int | None) -> Alias:
    """The alias under its lock, re-checked: it is the serialisation point of every release."""
    alias = Alias.objects.select_for_update(of=("self",)).select_related("service").get(pk=alias.pk)
    if alias.retired_at is not None:
        raise ChangedMeanwhile(f"alias '{alias.name}' was deleted meanwhile")
    current = _current(alias)
    if base_revision is not None and current.number != base_revision:
        raise ChangedMeanwhile(_what_changed(alias, base_revision, current))
    return alias


def _what_changed(alias: Alias, base_revision: int, current: AliasRevision) -> str:
    base = alias.revisions.filter(number=base_revision).first()
    who = f"{current.created_by.username} changed alias '{alias.name}' meanwhile (revision {current.number})"
    if base is None:
        return f"{who}. Nothing of yours was saved."
    words = policy_words.changes(policies.parse(base.policy), policies.parse(current.policy))
    return f"{who}. {' '.join(words) or 'Its routing is the same.'} Nothing of yours was saved."


def _current(alias: Alias) -> AliasRevision:
    if alias.revision is None:
        raise AssertionError(f"alias {alias.pk} has no revision outside the transaction that made it")
    return alias.revision


def _revise(act: Act, alias: Alias, setting: Setting, *, action: str) -> AliasRevision:
    names.check_description(setting.description)
    names.check_description(setting.reason)
    _require_versions(alias.service, setting.policy)
    before = alias.revision
    revision = AliasRevision.objects.create(
        alias=alias,
        number=before.number + 1 if before else 1,
        policy=policies.document(setting.policy),
        description=setting.description,
        reason=setting.reason,
        created_by=act.by,
        created_at=act.at,
    )
    alias.revision = revision
    alias.save(update_fields=["revision"])
    act.record(
        action,
        region=alias.service.region,
        path=f"{alias.service.name}/{alias.name}",
        before=before.policy if before else None,
        after=revision.policy | {"reason": setting.reason},
    )
    announce(alias.service)
    return revision


def _require_versions(service: Service, policy: Policy) -> None:
    """Both versions exist, and stay until this transaction ends: `versions.retire` takes the same locks."""
    named = Version.objects.filter(service=service, number__in=policy.versions)
    rows = named.select_for_update().order_by("number")
    missing = policy.versions - {version.number for version in rows if version.retired_at is None}
    if missing:
        raise NoSuchVersion(f"version {min(missing)} of service '{service.name}' does not exist")
