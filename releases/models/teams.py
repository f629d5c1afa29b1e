"""People and the keys by which their programs sign."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. Deactivated, never deleted: history names who acted."""


class AccessKey(models.Model):
    """A key pair that signs Function Compute API calls on behalf of one user."""

    key_id = models.CharField(max_length=64, primary_key=True)
    secret_box = models.BinaryField(help_text="The secret, encrypted with a key derived from SECRET_KEY.")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_keys")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key_id
