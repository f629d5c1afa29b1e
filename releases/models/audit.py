"""Who did what."""

from __future__ import annotations

from typing import Final

from django.db import models

from .teams import User


class AuditEntry(models.Model):
    """One write, as it happened, chained to the one before by its digest.

    The database refuses to change, delete or truncate it. Django does not manage its table any more, so that
    the flush after a test leaves it alone; and there is no foreign key, or the flush of people would reach
    it.
    """

    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    source = models.CharField(max_length=16, help_text="page, api, command, worker or break-glass.")
    action = models.CharField(max_length=48)
    region = models.CharField(max_length=64)
    object = models.CharField(max_length=256, help_text="The object's path, such as shop/alias1.")
    team = models.CharField(
        max_length=64, blank=True, help_text="Whose it was; empty for the installation's."
    )
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=512, blank=True)
    request = models.CharField(max_length=36, blank=True, help_text="The id of the request that wrote it.")
    ip = models.GenericIPAddressField(null=True)
    previous = models.CharField(max_length=64, blank=True, help_text="The digest of the entry before.")
    digest = models.CharField(max_length=64, blank=True, help_text="`releases.core.chains`.")

    class Meta:
        managed = False
        verbose_name_plural = "audit entries"
        # And audit_by_path on the object's beginning, which migration 0007 makes.
        indexes = [
            models.Index(fields=["region", "object", "-id"], name="audit_by_object"),
            models.Index(fields=["team", "-id"], name="audit_by_team"),
            models.Index(fields=["by", "-id"], name="audit_by_person"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["source", "-id"], name="audit_by_source"),
            models.Index(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object}"


class AuditCheck(models.Model):
    """What the last verification of the chain found: one row, so that a page need not read the whole log.

    It proves nothing to whoever can write to the database; that takes a head that was kept elsewhere.
    """

    ONLY: Final = 1

    asked_at = models.DateTimeField(null=True, help_text="When somebody last asked for a verification.")
    checked_at = models.DateTimeField(null=True, help_text="When the last one began.")
    whole_at = models.DateTimeField(null=True, help_text="When the last one began that read all entries.")
    chained = models.PositiveBigIntegerField(default=0)
    unchained = models.PositiveBigIntegerField(default=0, help_text="From before there was a chain.")
    head = models.BigIntegerField(null=True, help_text="The number of the last entry that held.")
    digest = models.CharField(max_length=64, blank=True, help_text="Its digest.")
    broken_at = models.BigIntegerField(null=True, help_text="The number of the entry where it breaks.")
    broken = models.CharField(max_length=128, blank=True, help_text="In what.")

    def __str__(self) -> str:
        return f"verification of {self.checked_at}"

    @property
    def is_asked(self) -> bool:
        """Whether somebody waits for one that did not end yet."""
        return self.asked_at is not None and (self.checked_at is None or self.checked_at < self.asked_at)
