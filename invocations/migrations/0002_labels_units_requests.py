"""Recorded attributes, distinct keys, and test runs of HTTP functions."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invocations", "0001_invocations_traffic_testruns"),
    ]

    operations = [
        migrations.AddField(
            model_name="testrun",
            name="request",
            field=models.JSONField(
                help_text="For an HTTP function: what `invocations.requests` makes the requests of; null for events.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="InvocationLabels",
            fields=[
                ("request_id", models.UUIDField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("alias_revision", models.BigIntegerField()),
                ("version", models.CharField(max_length=20)),
                ("decision", models.CharField(max_length=200)),
                ("labels", models.JSONField(help_text="Opaque here.")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["alias_revision", "-at"], name="labels_of_a_revision"),
                    models.Index(fields=["at"], name="labels_by_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TrafficUnit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("alias_revision", models.BigIntegerField()),
                ("unit_hash", models.BigIntegerField(help_text="A keyed 64-bit hash, as signed.")),
                ("version", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="units_by_age")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("alias_revision", "unit_hash", "version"), name="one_unit_of_a_version"
                    )
                ],
            },
        ),
    ]
