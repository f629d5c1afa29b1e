"""Teams, people, their roles, and the keys by which programs sign."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models


class User(AbstractUser):
    """A person, or the account of a program. Deactivated, never deleted: history names who acted."""

    is_program = models.BooleanField(
        default=False, help_text="A service account: it signs with access keys and cannot log in."
    )


class Team(models.Model):
    """Owns services. `protection` is what its aliases demand unless they have one of their own."""

    name = models.CharField(max_length=64, unique=True)
    protection = models.JSONField(null=True, help_text="As `releases.core.protections` prints it.")
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """The roles of one person in one team."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=16), help_text="`releases.core.rights.Role`.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class Group(models.Model):
    """Members of a team of whom a protection may ask one to approve."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="groups")
    name = models.CharField(max_length=64)
    members = models.ManyToManyField(User, related_name="approval_groups")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="one_group_of_a_name")]

    def __str__(self) -> str:
        return self.name


class Invitation(models.Model):
    """A link by which somebody joins a team. Only the hash of its secret is kept."""

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="invitations")
    roles = ArrayField(models.CharField(max_length=16))
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the link's secret.")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class AccessKey(models.Model):
    """A key pair that signs Function Compute API calls on behalf of one user."""

    key_id = models.CharField(max_length=64, primary_key=True)
    secret_box = models.BinaryField(help_text="The secret, encrypted with a key derived from SECRET_KEY.")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_keys")
    name = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To about a minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key_id
