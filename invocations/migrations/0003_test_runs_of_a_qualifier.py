"""The test runs of one version, which the page of a change request asks about."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invocations", "0002_labels_units_requests")]

    operations = [
        migrations.AddIndex(
            "testrun",
            models.Index(fields=["region", "service", "qualifier"], name="test_runs_of_a_qualifier"),
        ),
    ]
