"""Aliases and their revisions."""

from __future__ import annotations

from secrets import token_hex

from django.db import models
from django.db.models import Q

from .catalog import Service
from .teams import User


def new_salt() -> str:
    return token_hex(8)


class Alias(models.Model):
    """A movable name. Its row is the serialisation point of every release: lock it first."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="aliases")
    name = models.CharField(max_length=128)
    revision = models.OneToOneField(
        "AliasRevision",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="The newest revision; empty only inside the transaction that creates the alias.",
    )
    salt = models.CharField(
        max_length=32,
        default=new_salt,
        editable=False,
        help_text="Which keys the alias draws (`releases.core.buckets`). It never changes.",
    )
    recorded = models.JSONField(
        default=list,
        help_text="The parameters whose values are recorded, as [type, key]; none unless somebody asked.",
    )
    protection = models.JSONField(null=True, help_text="Its own; null for that of the team.")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["service", "name"], condition=Q(retired_at=None), name="one_live_alias_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class AliasRevision(models.Model):
    """The whole routing policy of an alias at one time, who set it, when and why. Immutable."""

    alias = models.ForeignKey(Alias, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(help_text="1, 2, 3 ... within the alias.")
    policy = models.JSONField(help_text="The wire shape, as `releases.core.policies` parses and prints it.")
    description = models.CharField(max_length=256, blank=True)
    reason = models.CharField(max_length=256, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_agreed = models.BooleanField(
        default=True,
        help_text="Reached by approval, or where none was asked for. Ratification is kept with its request.",
    )
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["alias", "number"], name="one_revision_of_a_number")]

    def __str__(self) -> str:
        return f"revision {self.number}"
