"""Moving traffic. Each change is a new alias revision; nothing is ever overwritten.

What anybody asks for directly passes `_guard`, which refuses where the alias's protection wants approval.
What was approved, and what breaks the glass, comes from `releases.operations.changes` through `revise`,
`retire` and `protect`, which ask no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from invocations.refusals import Refused
from releases.core import moves, names, policies, policy_words, protection_document, protections
from releases.core.policies import Policy
from releases.core.protections import Protection
from releases.models import Alias, AliasRevision, Service, Version
from releases.queries import aliases as query
from releases.queries import changes

from .audit import Act
from .catalog import NameTaken
from .routing import announce
from .versions import NoSuchVersion


class ChangedMeanwhile(Refused):
    """The alias moved since the form was opened; the text says who moved it and what changed."""


class NeedsApproval(Refused):
    """The alias is protected: the change must be proposed; the text says what asks for it."""


class NeedsReason(Refused):
    """Going back needs no approval, but a reason."""


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
    """An alias with its first revision. Raises BadName, NameTaken or NoSuchVersion.

    Nothing is asked of it yet: nobody calls an alias that was not there.
    """
    names.check_alias_name(name)
    try:
        with transaction.atomic():
            alias = Alias.objects.create(service=service, name=name, created_at=act.at)
    except IntegrityError:
        raise NameTaken(f"alias '{name}' already exists in service '{service.name}'") from None
    revise(act, alias, setting)
    return alias


@transaction.atomic
def change_alias(act: Act, alias: Alias, *, base_revision: int, setting: Setting) -> AliasRevision:
    """Give an alias a new policy. `base_revision` is the number that the editor was opened on.

    Raises ChangedMeanwhile, NothingToChange, NoSuchVersion or NeedsApproval.
    """
    alias = locked(alias, base_revision)
    check_setting(alias, setting)
    _guard(alias, setting.policy)
    return revise(act, alias, setting)


@transaction.atomic
def restore(act: Act, alias: Alias, *, number: int, base_revision: int, reason: str = "") -> AliasRevision:
    """Set the alias as revision `number` had it, as a new revision.

    Going back to what served lately and rightly needs no approval, ever, only a reason where the alias is
    protected (`releases.queries.changes.may_return`).
    """
    revision = AliasRevision.objects.get(alias=alias, number=number)
    setting = Setting(
        policy=policies.parse(revision.policy),
        description=revision.description,
        reason=reason or f"Restored revision {number}",
    )
    alias = locked(alias, base_revision)
    check_setting(alias, setting)
    _guard_return(act, alias, setting.policy, reason)
    return revise(act, alias, setting)


def switch_all(act: Act, alias: Alias, *, base_revision: int, reason: str = "") -> AliasRevision:
    """The last step of a release: the canary becomes the primary, and the canary is cleared."""
    with transaction.atomic():
        alias = locked(alias, base_revision)
        policy = _to_canary(alias)
        _guard(alias, policy)
        return _move(act, alias, policy, reason or "Switched all traffic")


def roll_back(act: Act, alias: Alias, *, base_revision: int, reason: str = "") -> AliasRevision:
    """Every call back to the version that served before (`releases.core.moves.roll_back`)."""
    with transaction.atomic():
        alias = locked(alias, base_revision)
        policy = _to_earlier(alias)
        _guard_return(act, alias, policy, reason)
        return _move(act, alias, policy, reason or "Rolled back")


@transaction.atomic
def delete_alias(act: Act, alias: Alias) -> None:
    """Retire an alias; its revisions stay, and its name becomes free. Raises NeedsApproval."""
    alias = locked(alias, None)
    _guard(alias, None)
    retire(act, alias)


@transaction.atomic
def protect_alias(act: Act, alias: Alias, *, protection: Protection | None) -> None:
    """Give an alias a protection of its own, or its team's (None). Raises NeedsApproval where it has one."""
    alias = locked(alias, None)
    if changes.protection_of(alias).when:
        raise NeedsApproval(f"alias '{alias.name}' is protected: propose the change of its protection")
    protect(act, alias, protection)


# Under the lock, and asking no more
# --------------------------------------------------------------------------


def locked(alias: Alias, base_revision: int | None) -> Alias:
    """The alias under its lock, re-checked: it is the serialisation point of every release."""
    Alias.objects.select_for_update().get(pk=alias.pk)
    # Read once the lock is held: a row that was joined before would show what was before the wait.
    alias = Alias.objects.select_related("service__team").get(pk=alias.pk)
    if alias.retired_at is not None:
        raise ChangedMeanwhile(f"alias '{alias.name}' was deleted meanwhile")
    current = _current(alias)
    if base_revision is not None and current.number != base_revision:
        raise ChangedMeanwhile(_what_changed(alias, base_revision, current))
    return alias


def check_setting(alias: Alias, setting: Setting) -> None:
    """Say what can be said against a setting beforehand. Raises BadName, NothingToChange or NoSuchVersion."""
    names.check_description(setting.description)
    names.check_description(setting.reason)
    current = _current(alias)
    if policies.parse(current.policy) == setting.policy and current.description == setting.description:
        told = policy_words.sentence(setting.policy)
        raise NothingToChange(f"alias '{alias.name}' is already set so: {told}")
    _require_versions(alias.service, setting.policy)


def revise(act: Act, alias: Alias, setting: Setting, *, agreed: bool = True) -> AliasRevision:
    """The next revision. The alias must be locked, or have been made in this transaction."""
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
        is_agreed=agreed,
        created_by=act.by,
        created_at=act.at,
    )
    alias.revision = revision
    alias.save(update_fields=["revision"])
    _record(
        act,
        alias,
        "alias.change" if before else "alias.create",
        before=before.policy if before else None,
        after=revision.policy,
        reason=setting.reason,
    )
    announce(alias.service)
    return revision


def retire(act: Act, alias: Alias) -> None:
    """Take a locked alias out of service."""
    alias.retired_at = act.at
    alias.save(update_fields=["retired_at"])
    _record(act, alias, "alias.delete", before=_current(alias).policy)
    announce(alias.service)


def protect(act: Act, alias: Alias, protection: Protection | None) -> None:
    """Set the protection of a locked alias."""
    before, alias.protection = alias.protection, protection and protection_document.document(protection)
    alias.save(update_fields=["protection"])
    _record(
        act,
        alias,
        "alias.protect",
        before={"protection": before},
        after={"protection": alias.protection},
    )


# Parts ------------------------------------------------------------------------------------------------------


def _guard(alias: Alias, policy: Policy | None) -> None:
    """Refuse what the alias's protection wants approved; None deletes the alias."""
    old = policies.parse(_current(alias).policy)
    asked = protections.applies(changes.protection_of(alias), old, policy)
    if asked:
        raise NeedsApproval(f"alias '{alias.name}' is protected: {'; '.join(asked)}. Propose the change")


def _guard_return(act: Act, alias: Alias, policy: Policy, reason: str) -> None:
    old = policies.parse(_current(alias).policy)
    if not protections.applies(changes.protection_of(alias), old, policy):
        return
    if not changes.may_return(alias, policy, at=act.at):
        _guard(alias, policy)
    if not reason.strip():
        raise NeedsReason(f"alias '{alias.name}' is protected: say why it goes back")


def _move(act: Act, alias: Alias, policy: Policy, reason: str) -> AliasRevision:
    return revise(act, alias, Setting(policy=policy, description=_current(alias).description, reason=reason))


def _record(
    act: Act,
    alias: Alias,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    service = alias.service
    act.record(
        action,
        on=service,
        path=f"{service.name}/{alias.name}",
        before=before,
        after=after,
        reason=reason,
    )


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


def _require_versions(service: Service, policy: Policy) -> None:
    """Both versions exist, and stay until this transaction ends: `versions.retire` takes the same locks."""
    named = Version.objects.filter(service=service, number__in=policy.versions)
    rows = named.select_for_update().order_by("number")
    missing = policy.versions - {version.number for version in rows if version.retired_at is None}
    if missing:
        raise NoSuchVersion(f"version {min(missing)} of service '{service.name}' does not exist")
