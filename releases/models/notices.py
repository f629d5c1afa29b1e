"""What people are told: written with what happened, sent afterwards."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .teams import Team, User


class Notice(models.Model):
    """An entry of somebody's inbox."""

    to = models.ForeignKey(User, on_delete=models.PROTECT, related_name="notices")
    kind = models.CharField(max_length=32, help_text="`releases.core.notices.Kind`.")
    text = models.CharField(max_length=512)
    path = models.CharField(max_length=512, help_text="The page that asks; never one that acts.")
    needs_action = models.BooleanField(default=False)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["to", "-id"], name="notices_of_a_person")]

    def __str__(self) -> str:
        return self.text[:40]


class Webhook(models.Model):
    """An address of a team that is told of its events, signed with HMAC-SHA256."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="webhooks")
    url = models.CharField(max_length=1024)
    secret_box = models.BinaryField(
        help_text="The key of the signature, encrypted like an access key's secret."
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.url


class Preference(models.Model):
    """How somebody wants to be told of one kind; without a row, by inbox and e-mail."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="preferences")
    kind = models.CharField(max_length=32)
    email = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_preference")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"


class Outgoing(models.Model):
    """An e-mail or a webhook call that is still to be sent, or was, or was given up."""

    class Way(models.TextChoices):
        EMAIL = "email"
        WEBHOOK = "webhook"

    way = models.CharField(max_length=8, choices=Way)
    to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, null=True, related_name="+")
    document = models.JSONField(help_text="What is sent: kind, text, path, at and what it is about.")
    created_at = models.DateTimeField()
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, help_text="Empty once it was sent or given up.")
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=256, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(next_try_at__isnull=False), name="outgoing_to_send"
            )
        ]

    def __str__(self) -> str:
        return f"{self.way} {self.pk}"
