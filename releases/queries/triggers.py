"""Reading triggers."""

from __future__ import annotations

from django.db.models import QuerySet

from releases.models import Function, Trigger


def triggers(function: Function) -> QuerySet[Trigger]:
    """The triggers of a function by name."""
    return function.triggers.order_by("name")


def trigger(function: Function, name: str) -> Trigger | None:
    """One of them, with its function and service, or None."""
    return function.triggers.filter(name=name).select_related("function__service").first()
