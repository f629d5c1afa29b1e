"""An alias with a past: three revisions, an hour and two hours apart."""

from __future__ import annotations

from datetime import timedelta

from releases.core.policies import Canary, Policy
from releases.models import Alias
from releases.operations import aliases
from releases.operations.aliases import Setting
from tests import make

HOUR = timedelta(hours=1)


def moved(alias: Alias, policy: Policy, *, after: timedelta, reason: str = "", description: str = "") -> None:
    """Give the alias its next revision, so long after make.NOW."""
    alias.refresh_from_db()
    setting = Setting(policy=policy, reason=reason, description=description)
    act = make.act(make.user("bob"), at=make.NOW + after)
    aliases.change_alias(act, alias, base_revision=alias.revision.number, setting=setting)
    alias.refresh_from_db()


def alias1() -> Alias:
    """All to version 1; an hour later 30% to version 2; two hours after that all to version 2."""
    alias = make.alias(make.two_versions())
    moved(alias, Policy(1, Canary(2, 3000)), after=HOUR, reason="try it")
    moved(alias, Policy(2), after=3 * HOUR)
    return alias
