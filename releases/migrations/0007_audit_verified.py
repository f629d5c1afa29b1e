"""What the last verification of the audit log found, and indexes by which its page filters.

The indexes are plain SQL because Django does not manage the table of the log.
"""

from __future__ import annotations

from django.db import migrations, models

FORWARD = """
CREATE INDEX audit_by_source ON releases_auditentry (source, id DESC);
CREATE INDEX audit_by_time ON releases_auditentry (at);
CREATE INDEX audit_by_path ON releases_auditentry (object text_pattern_ops, id DESC);
"""
BACKWARD = "DROP INDEX audit_by_path; DROP INDEX audit_by_time; DROP INDEX audit_by_source;"


class Migration(migrations.Migration):
    dependencies = [("releases", "0006_audit_chain")]
    operations = [
        migrations.CreateModel(
            "AuditCheck",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "asked_at",
                    models.DateTimeField(null=True, help_text="When somebody last asked for a verification."),
                ),
                ("checked_at", models.DateTimeField(null=True, help_text="When the last one began.")),
                (
                    "whole_at",
                    models.DateTimeField(
                        null=True, help_text="When the last one began that read all entries."
                    ),
                ),
                ("chained", models.PositiveBigIntegerField(default=0)),
                (
                    "unchained",
                    models.PositiveBigIntegerField(default=0, help_text="From before there was a chain."),
                ),
                (
                    "head",
                    models.BigIntegerField(null=True, help_text="The number of the last entry that held."),
                ),
                ("digest", models.CharField(max_length=64, blank=True, help_text="Its digest.")),
                (
                    "broken_at",
                    models.BigIntegerField(null=True, help_text="The number of the entry where it breaks."),
                ),
                ("broken", models.CharField(max_length=128, blank=True, help_text="In what.")),
            ],
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
