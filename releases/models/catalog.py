"""Services, their functions (the working copy, LATEST) and their immutable versions."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from .teams import Team, User


class CodePackage(models.Model):
    """A zip, named by its content. The row outlives the content, which is collected when nothing needs it."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 in hexadecimal.")
    checksum = models.CharField(
        max_length=20, help_text="CRC-64/XZ in decimal, as Function Compute tells it."
    )
    size = models.PositiveIntegerField(help_text="Bytes of the zip.")
    content = models.BinaryField(null=True)
    kept_at = models.DateTimeField(help_text="When it was last deployed.")

    def __str__(self) -> str:
        return self.digest[:12]


class Service(models.Model):
    """A namespace of functions in one region. Retired rather than erased: versions and revisions name it."""

    region = models.CharField(max_length=64)
    name = models.CharField(max_length=128)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="services")
    description = models.CharField(max_length=256, blank=True)
    last_version = models.PositiveIntegerField(default=0, help_text="The highest number ever published.")
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["region", "name"], condition=Q(retired_at=None), name="one_live_service_of_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class FunctionConfiguration(models.Model):
    """What a function is, at LATEST and in every version alike."""

    name = models.CharField(max_length=64)
    type = models.CharField(max_length=8, default="event", help_text="event or http: what calls it.")
    description = models.CharField(max_length=256, blank=True)
    runtime = models.CharField(max_length=32)
    handler = models.CharField(max_length=128)
    initializer = models.CharField(max_length=128, blank=True)
    memory_mb = models.PositiveIntegerField()
    timeout_s = models.PositiveIntegerField()
    initialization_timeout_s = models.PositiveIntegerField()
    environment = models.JSONField(default=dict)
    code = models.ForeignKey(CodePackage, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


# Copied into a version and part of its fingerprint: a column added above is in both from the same day.
CONFIGURATION_COLUMNS = tuple(column.attname for column in FunctionConfiguration._meta.fields)


class Function(FunctionConfiguration):
    """A function of the working copy."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="functions")
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "name"], name="one_function_of_a_name")]


class Trigger(models.Model):
    """What makes an HTTP function answer under an address: one for each qualifier of a function."""

    function = models.ForeignKey(Function, on_delete=models.PROTECT, related_name="triggers")
    name = models.CharField(max_length=128)
    qualifier = models.CharField(max_length=128, help_text="LATEST, a version number or an alias.")
    config = models.JSONField(help_text="As it was sent: `releases.core.triggers` parses it.")
    description = models.CharField(max_length=256, blank=True)
    created_at = models.DateTimeField()
    modified_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["function", "name"], name="one_trigger_of_a_name"),
            models.UniqueConstraint(fields=["function", "qualifier"], name="one_trigger_of_a_qualifier"),
        ]

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """An immutable snapshot of a service and all its functions. Only `retired_at` ever changes, once."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    description = models.CharField(max_length=256, blank=True)
    service_description = models.CharField(max_length=256, blank=True)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was published.")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "number"], name="version_number_never_reused")
        ]

    def __str__(self) -> str:
        return str(self.number)


class VersionFunction(FunctionConfiguration):
    """A function as a version has it."""

    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="functions")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="one_function_of_a_name_per_version")
        ]
