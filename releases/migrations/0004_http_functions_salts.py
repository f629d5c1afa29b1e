"""HTTP functions and their triggers; each alias has a salt of its own, which stays."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

import releases.models.aliases

# The column's default was made once for all rows that were there.
FORWARD = """
UPDATE releases_alias SET salt = substr(md5(random()::text || id::text), 1, 16);

CREATE FUNCTION serin_salt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the salt of alias % stays: another would draw other keys', OLD.name
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER alias_salt_stays BEFORE UPDATE ON releases_alias
    FOR EACH ROW WHEN (OLD.salt IS DISTINCT FROM NEW.salt) EXECUTE FUNCTION serin_salt_stays();
"""

BACKWARD = """
DROP TRIGGER alias_salt_stays ON releases_alias;
DROP FUNCTION serin_salt_stays;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0003_code_named_by_content"),
    ]

    operations = [
        migrations.AddField(
            model_name="alias",
            name="recorded",
            field=models.JSONField(
                default=list,
                help_text="The parameters whose values are recorded, as [type, key]; none unless somebody asked.",
            ),
        ),
        migrations.AddField(
            model_name="alias",
            name="salt",
            field=models.CharField(
                default=releases.models.aliases.new_salt,
                editable=False,
                help_text="Which keys the alias draws (`releases.core.buckets`). It never changes.",
                max_length=32,
            ),
        ),
        migrations.AddField(
            model_name="function",
            name="type",
            field=models.CharField(default="event", help_text="event or http: what calls it.", max_length=8),
        ),
        migrations.AddField(
            model_name="versionfunction",
            name="type",
            field=models.CharField(default="event", help_text="event or http: what calls it.", max_length=8),
        ),
        migrations.CreateModel(
            name="Trigger",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=128)),
                (
                    "qualifier",
                    models.CharField(help_text="LATEST, a version number or an alias.", max_length=128),
                ),
                ("config", models.JSONField(help_text="As it was sent: `releases.core.triggers` parses it.")),
                ("description", models.CharField(blank=True, max_length=256)),
                ("created_at", models.DateTimeField()),
                ("modified_at", models.DateTimeField()),
                (
                    "function",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="triggers",
                        to="releases.function",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("function", "name"), name="one_trigger_of_a_name"),
                    models.UniqueConstraint(
                        fields=("function", "qualifier"), name="one_trigger_of_a_qualifier"
                    ),
                ],
            },
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
