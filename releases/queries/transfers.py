"""What giving a service to another team would do to its aliases and their open changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from releases.core import protections
from releases.core.protection_order import covers
from releases.models import Alias, ChangeRequest, Service, Team

from . import change_list, changes


def open_requests(service: Service) -> QuerySet[ChangeRequest]:
    """The change requests of its aliases that wait for somebody, drafts among them."""
    return change_list.unfinished(ChangeRequest.objects.filter(alias__service=service))


def relying(aliases: Iterable[Alias]) -> list[Alias]:
    """Those that have their team's protection."""
    return [alias for alias in aliases if alias.protection is None]


def would_loosen(owner: Team, to: Team, *, at: datetime) -> bool:
    """Whether the default of `to` asks for less, in anything, than that of `owner` does."""
    before = changes.protection_of_team(owner) or protections.NONE
    return not covers(changes.protection_of_team(to) or protections.NONE, before, at=at)
