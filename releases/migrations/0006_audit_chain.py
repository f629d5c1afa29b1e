"""The audit log becomes a chain that the database refuses to change, to delete and to truncate."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FORWARD = """
CREATE TRIGGER audit_entry_stays BEFORE TRUNCATE ON releases_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION serin_immutable();
"""
BACKWARD = "DROP TRIGGER audit_entry_stays ON releases_auditentry;"


class Migration(migrations.Migration):
    dependencies = [("releases", "0005_teams_changes_notices")]
    operations = [
        migrations.AlterField(
            "auditentry",
            "by",
            models.ForeignKey(
                settings.AUTH_USER_MODEL,
                on_delete=django.db.models.deletion.DO_NOTHING,
                db_constraint=False,
                related_name="+",
            ),
        ),
        *(
            migrations.AddField("auditentry", name, field)
            for name, field in (
                ("team", models.CharField(max_length=64, blank=True, default="")),
                ("reason", models.CharField(max_length=512, blank=True, default="")),
                ("request", models.CharField(max_length=36, blank=True, default="")),
                ("ip", models.GenericIPAddressField(null=True)),
                ("previous", models.CharField(max_length=64, blank=True, default="")),
                ("digest", models.CharField(max_length=64, blank=True, default="")),
            )
        ),
        *(
            migrations.AddIndex("auditentry", models.Index(fields=[column, "-id"], name=name))
            for column, name in (
                ("team", "audit_by_team"),
                ("by", "audit_by_person"),
                ("action", "audit_by_action"),
            )
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AlterModelOptions(
            "auditentry", {"managed": False, "verbose_name_plural": "audit entries"}
        ),
    ]
