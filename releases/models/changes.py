"""Change requests: what is proposed for an alias, and what people said of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .aliases import Alias, AliasRevision
from .teams import User


class ChangeRequest(models.Model):
    """A proposed change of one alias. Rules and transitions are in `releases.core.approvals`."""

    class Kind(models.TextChoices):
        POLICY = "policy"
        DELETE = "delete"
        PROTECTION = "protection"

    alias = models.ForeignKey(Alias, on_delete=models.PROTECT, related_name="change_requests")
    kind = models.CharField(max_length=16, choices=Kind)
    title = models.CharField(max_length=256)
    status = models.CharField(max_length=24, help_text="`releases.core.approvals.Status`.")
    payload = models.OneToOneField("ChangePayload", on_delete=models.PROTECT, null=True, related_name="+")
    snapshot = models.JSONField(help_text="The protection it was submitted under.")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    scheduled_at = models.DateTimeField(null=True)
    scheduled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    suspended = models.TextField(blank=True, help_text="Why it was not applied when it was due.")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_reason = models.CharField(max_length=256, blank=True)
    revision = models.ForeignKey(
        AliasRevision, on_delete=models.PROTECT, null=True, related_name="+", help_text="What it made."
    )
    ratify_by = models.DateTimeField(
        null=True, help_text="Applied by breaking the glass: until when somebody must have agreed."
    )
    ratified_at = models.DateTimeField(null=True)
    alarmed_at = models.DateTimeField(null=True, help_text="When nobody had agreed in time.")
    next_look_at = models.DateTimeField(null=True, help_text="When the tick sees to it; empty once it ended.")

    class Meta:
        indexes = [
            models.Index(fields=["alias", "-id"], name="changes_of_an_alias"),
            models.Index(
                fields=["next_look_at"], condition=Q(next_look_at__isnull=False), name="changes_to_look_at"
            ),
            models.Index(fields=["status", "-id"], name="changes_by_status"),
        ]

    def __str__(self) -> str:
        return f"change request {self.pk}"


class ChangePayload(models.Model):
    """What exactly is proposed; immutable. A verdict is bound to its hash."""

    request = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="payloads")
    number = models.PositiveIntegerField(help_text="1, 2, 3 ... within the request.")
    base = models.ForeignKey(AliasRevision, on_delete=models.PROTECT, related_name="+")
    document = models.JSONField(
        help_text="Depends on the kind: policy, description and reason; a protection."
    )
    digest = models.CharField(max_length=64, help_text="`releases.core.approvals.payload_hash`.")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "number"], name="one_payload_of_a_number")]

    def __str__(self) -> str:
        return f"payload {self.number}"


class ChangeReview(models.Model):
    """One verdict of one person on one payload; immutable. The last of a person counts."""

    payload = models.ForeignKey(ChangePayload, on_delete=models.PROTECT, related_name="reviews")
    reviewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    verdict = models.CharField(max_length=24, help_text="`releases.core.approvals.Verdict`.")
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.verdict} of payload {self.payload_id}"


class ChangeComment(models.Model):
    """A word in the conversation, or what happened to the request."""

    request = models.ForeignKey(ChangeRequest, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    is_event = models.BooleanField(default=False, help_text="Written by Serin: submitted, applied, ...")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.text[:40]
