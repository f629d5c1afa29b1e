"""What happened: invocations, traffic, test runs. Plain names and no key into `releases`."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class Invocation(models.Model):
    """One event run once. Rows are kept for days; counts live in traffic buckets for years."""

    request_id = models.UUIDField(primary_key=True, help_text="Time-ordered (UUIDv7): new rows append.")
    started_at = models.DateTimeField()
    region = models.CharField(max_length=64)
    service = models.CharField(max_length=128)
    function = models.CharField(max_length=64)
    qualifier = models.CharField(max_length=128)
    version = models.CharField(max_length=20, help_text="A number as text, or LATEST.")
    alias_revision = models.BigIntegerField(help_text="The revision that routed it; 0 without an alias.")
    decision = models.CharField(max_length=200, blank=True, help_text="Opaque here.")
    outcome = models.CharField(max_length=16, help_text="`invocations.engine.outcome.Kind`, or throttled.")
    duration_us = models.BigIntegerField()
    memory_kb = models.IntegerField()
    cold = models.BooleanField()
    instance = models.CharField(max_length=64, blank=True)
    log = models.TextField(blank=True, help_text="Its last 4 KB.")

    class Meta:
        indexes = [
            models.Index(
                fields=["region", "service", "function", "-started_at"], name="invocations_of_a_function"
            ),
            models.Index(fields=["started_at"], name="invocations_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.request_id)


class InvocationLabels(models.Model):
    """What a call said of itself, as far as somebody asked for it to be recorded. Kept for hours."""

    request_id = models.UUIDField(primary_key=True)
    at = models.DateTimeField()
    alias_revision = models.BigIntegerField()
    version = models.CharField(max_length=20)
    decision = models.CharField(max_length=200)
    labels = models.JSONField(help_text="Opaque here.")

    class Meta:
        indexes = [
            models.Index(fields=["alias_revision", "-at"], name="labels_of_a_revision"),
            models.Index(fields=["at"], name="labels_by_age"),
        ]

    def __str__(self) -> str:
        return str(self.request_id)


class TrafficUnit(models.Model):
    """A distinct key that an alias revision routed, by its hash, and where it went first."""

    alias_revision = models.BigIntegerField()
    unit_hash = models.BigIntegerField(help_text="A keyed 64-bit hash, as signed.")
    version = models.CharField(max_length=20)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alias_revision", "unit_hash", "version"], name="one_unit_of_a_version"
            )
        ]
        indexes = [models.Index(fields=["at"], name="units_by_age")]

    def __str__(self) -> str:
        return f"{self.alias_revision}: {self.unit_hash:x}"


class TrafficBucket(models.Model):
    """Invocations of one version of one function through one alias revision within `tier` seconds."""

    alias_revision = models.BigIntegerField(help_text="0 for calls by number or LATEST.")
    tier = models.PositiveIntegerField(help_text="Seconds: 10, 300 or 3600.")
    start = models.DateTimeField()
    region = models.CharField(max_length=64)
    service = models.CharField(max_length=128)
    function = models.CharField(max_length=64)
    version = models.CharField(max_length=20)
    invocations = models.BigIntegerField()
    errors = models.BigIntegerField()
    duration_us = models.BigIntegerField(help_text="Summed.")
    latency = ArrayField(
        models.BigIntegerField(), help_text="Counts per bound of `recorder.LATENCY_BOUNDS_US`."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alias_revision", "tier", "start", "region", "service", "function", "version"],
                name="one_traffic_bucket",
            )
        ]
        indexes = [
            models.Index(
                fields=["region", "service", "function", "tier", "start"], name="traffic_of_a_function"
            ),
            models.Index(fields=["tier", "start"], name="traffic_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.service}/{self.function} {self.version} {self.start:%F %T} +{self.tier}s"


class RecorderBatch(models.Model):
    """The last batch a recorder committed, so that a batch sent again after a lost answer counts once."""

    recorder = models.UUIDField(primary_key=True)
    last = models.BigIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.recorder} {self.last}"


class TestRun(models.Model):
    """N invocations of one function through one qualifier, sent by Celery workers to the gateway."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        CANCELLING = "cancelling"
        CANCELLED = "cancelled"
        FINISHED = "finished"

    region = models.CharField(max_length=64)
    service = models.CharField(max_length=128)
    function = models.CharField(max_length=64)
    qualifier = models.CharField(max_length=128)
    payloads = models.JSONField(help_text="Texts; index i of the run sends payload i modulo their number.")
    request = models.JSONField(
        null=True,
        help_text="For an HTTP function: what `invocations.requests` makes the requests of; null for events.",
    )
    total = models.PositiveIntegerField()
    concurrency = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=16, choices=Status, default=Status.QUEUED)
    done = models.PositiveIntegerField(default=0, help_text="Indexes counted.")
    errors = models.PositiveIntegerField(default=0, help_text="Of those, how many ended in an error.")
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    next_look_at = models.DateTimeField(null=True, help_text="When the tick sees to it; empty once it ended.")

    class Meta:
        indexes = [
            models.Index(fields=["region", "-id"], name="test_runs_of_a_region"),
            models.Index(fields=["region", "service", "qualifier"], name="test_runs_of_a_qualifier"),
            models.Index(
                fields=["next_look_at"], condition=Q(next_look_at__isnull=False), name="test_runs_to_look_at"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="test_run_counts_each_index_once")
        ]

    def __str__(self) -> str:
        return f"test run {self.pk}"


class TestRunChunk(models.Model):
    """A lease over the indexes first .. first + size - 1 of a run; the first `done` of them are counted."""

    run = models.ForeignKey(TestRun, on_delete=models.CASCADE, related_name="chunks")
    first = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    holder = models.UUIDField(null=True, help_text="Drawn anew for each lease: a late holder counts nothing.")
    leased_until = models.DateTimeField(null=True)
    connections = models.PositiveSmallIntegerField(default=0, help_text="Calls in flight under this lease.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "first"], name="one_chunk_per_index"),
            models.CheckConstraint(condition=Q(done__lte=F("size")), name="chunk_counts_each_index_once"),
        ]
        indexes = [
            models.Index(fields=["run", "first"], condition=Q(done__lt=F("size")), name="unfinished_chunks")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.first}+{self.size}"


class TestRunTally(models.Model):
    """The outcomes of `size` consecutive indexes of a chunk, in the order in which they were answered.

    `legend` lists the distinct outcomes as [alias revision, version, error kind]; byte j of `sequence`
    names the outcome of the j-th answer by its place in the legend.
    """

    run = models.ForeignKey(TestRun, on_delete=models.CASCADE, related_name="tallies")
    chunk = models.ForeignKey(TestRunChunk, on_delete=models.CASCADE, related_name="tallies")
    offset = models.PositiveIntegerField(help_text="Within the chunk.")
    legend = models.JSONField()
    sequence = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chunk", "offset"], name="one_tally_per_index")]

    def __str__(self) -> str:
        return f"{self.run_id}: {len(self.sequence)} outcomes"


class TestRunCount(models.Model):
    """How many indexes of a run ended so; the sums of its tallies, kept for pages that poll."""

    run = models.ForeignKey(TestRun, on_delete=models.CASCADE, related_name="counts")
    alias_revision = models.BigIntegerField()
    version = models.CharField(max_length=20, blank=True, help_text="Empty when no answer named one.")
    error = models.CharField(max_length=64, blank=True, help_text="Its kind; empty for success.")
    n = models.PositiveIntegerField()
    latency_us = models.BigIntegerField(help_text="Summed, as the driver measured it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "alias_revision", "version", "error"], name="one_count")
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.n} x version {self.version} {self.error}"
