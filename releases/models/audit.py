"""Who did what."""

from __future__ import annotations

from django.db import models

from .teams import User


class AuditEntry(models.Model):
    """One write, as it happened. The database refuses to change or delete it."""

    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=16, help_text="page, api, command or worker.")
    action = models.CharField(max_length=48)
    region = models.CharField(max_length=64)
    object = models.CharField(max_length=256, help_text="The object's path, such as shop/alias1.")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["region", "object", "-id"], name="audit_by_object")]

    def __str__(self) -> str:
        return f"{self.action} {self.object}"
