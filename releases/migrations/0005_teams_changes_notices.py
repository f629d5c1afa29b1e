"""Teams own services; changes of their aliases are proposed, reviewed and told.

What was there before teams goes to one team, in which everybody has every role, as it was.
"""

from __future__ import annotations

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ONE_TEAM = """
INSERT INTO releases_team (name, created_at)
    SELECT 'default', now() WHERE EXISTS (SELECT FROM releases_user) OR EXISTS (SELECT FROM releases_service);
UPDATE releases_service SET team_id = (SELECT id FROM releases_team);
INSERT INTO releases_membership (team_id, user_id, roles)
    SELECT t.id, u.id, ARRAY['viewer', 'developer', 'releaser', 'approver', 'admin', 'break-glass']
    FROM releases_team t CROSS JOIN releases_user u;
-- Foreign keys are checked at the end of the transaction; ALTER TABLE must not find checks pending.
SET CONSTRAINTS ALL IMMEDIATE;
"""

IMMUTABLE = """
CREATE TRIGGER change_payload_immutable BEFORE UPDATE OR DELETE ON releases_changepayload
    FOR EACH ROW EXECUTE FUNCTION serin_immutable();
CREATE TRIGGER change_review_immutable BEFORE UPDATE OR DELETE ON releases_changereview
    FOR EACH ROW EXECUTE FUNCTION serin_immutable();
"""
MUTABLE = """
DROP TRIGGER change_review_immutable ON releases_changereview;
DROP TRIGGER change_payload_immutable ON releases_changepayload;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0004_http_functions_salts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64, unique=True)),
                (
                    "protection",
                    models.JSONField(help_text="As `releases.core.protections` prints it.", null=True),
                ),
                ("created_at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="accesskey",
            name="expires_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="accesskey",
            name="last_used_at",
            field=models.DateTimeField(blank=True, help_text="To about a minute.", null=True),
        ),
        migrations.AddField(
            model_name="accesskey",
            name="name",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="alias",
            name="protection",
            field=models.JSONField(help_text="Its own; null for that of the team.", null=True),
        ),
        migrations.AddField(
            model_name="aliasrevision",
            name="is_agreed",
            field=models.BooleanField(
                default=True,
                help_text="Reached by approval, or where none was asked for. Ratification is kept with its request.",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="is_program",
            field=models.BooleanField(
                default=False, help_text="A service account: it signs with access keys and cannot log in."
            ),
        ),
        migrations.CreateModel(
            name="ChangePayload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="1, 2, 3 ... within the request.")),
                (
                    "document",
                    models.JSONField(
                        help_text="Depends on the kind: policy, description and reason; a protection."
                    ),
                ),
                (
                    "digest",
                    models.CharField(help_text="`releases.core.approvals.payload_hash`.", max_length=64),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "base",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="releases.aliasrevision",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChangeRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("policy", "Policy"), ("delete", "Delete"), ("protection", "Protection")],
                        max_length=16,
                    ),
                ),
                ("title", models.CharField(max_length=256)),
                ("status", models.CharField(help_text="`releases.core.approvals.Status`.", max_length=24)),
                ("snapshot", models.JSONField(help_text="The protection it was submitted under.")),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("scheduled_at", models.DateTimeField(null=True)),
                (
                    "suspended",
                    models.TextField(blank=True, help_text="Why it was not applied when it was due."),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_reason", models.CharField(blank=True, max_length=256)),
                (
                    "ratify_by",
                    models.DateTimeField(
                        help_text="Applied by breaking the glass: until when somebody must have agreed.",
                        null=True,
                    ),
                ),
                ("ratified_at", models.DateTimeField(null=True)),
                ("alarmed_at", models.DateTimeField(help_text="When nobody had agreed in time.", null=True)),
                (
                    "next_look_at",
                    models.DateTimeField(
                        help_text="When the tick sees to it; empty once it ended.", null=True
                    ),
                ),
                (
                    "alias",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="change_requests",
                        to="releases.alias",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "payload",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="releases.changepayload",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        help_text="What it made.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="releases.aliasrevision",
                    ),
                ),
                (
                    "scheduled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="changepayload",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payloads",
                to="releases.changerequest",
            ),
        ),
        migrations.CreateModel(
            name="ChangeComment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField()),
                (
                    "is_event",
                    models.BooleanField(default=False, help_text="Written by Serin: submitted, applied, ..."),
                ),
                ("created_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="comments",
                        to="releases.changerequest",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ChangeReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("verdict", models.CharField(help_text="`releases.core.approvals.Verdict`.", max_length=24)),
                ("comment", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                (
                    "payload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="releases.changepayload",
                    ),
                ),
                (
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(help_text="`releases.core.notices.Kind`.", max_length=32)),
                ("text", models.CharField(max_length=512)),
                (
                    "path",
                    models.CharField(help_text="The page that asks; never one that acts.", max_length=512),
                ),
                ("needs_action", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(null=True)),
                (
                    "to",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Preference",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=32)),
                ("email", models.BooleanField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="preferences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16),
                        help_text="`releases.core.rights.Role`.",
                        size=None,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="releases.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "roles",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), size=None
                    ),
                ),
                (
                    "digest",
                    models.CharField(help_text="SHA-256 of the link's secret.", max_length=64, unique=True),
                ),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "used_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invitations",
                        to="releases.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                (
                    "members",
                    models.ManyToManyField(related_name="approval_groups", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="groups", to="releases.team"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="service",
            name="team",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="services",
                to="releases.team",
            ),
        ),
        migrations.RunSQL(ONE_TEAM, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="service",
            name="team",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="services", to="releases.team"
            ),
        ),
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.CharField(max_length=1024)),
                (
                    "secret_box",
                    models.BinaryField(
                        help_text="The key of the signature, encrypted like an access key's secret."
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="webhooks",
                        to="releases.team",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Outgoing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("way", models.CharField(choices=[("email", "Email"), ("webhook", "Webhook")], max_length=8)),
                (
                    "document",
                    models.JSONField(help_text="What is sent: kind, text, path, at and what it is about."),
                ),
                ("created_at", models.DateTimeField()),
                ("tries", models.PositiveIntegerField(default=0)),
                (
                    "next_try_at",
                    models.DateTimeField(help_text="Empty once it was sent or given up.", null=True),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=256)),
                (
                    "to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="releases.webhook",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["alias", "-id"], name="changes_of_an_alias"),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(
                condition=models.Q(("next_look_at__isnull", False)),
                fields=["next_look_at"],
                name="changes_to_look_at",
            ),
        ),
        migrations.AddIndex(
            model_name="changerequest",
            index=models.Index(fields=["status", "-id"], name="changes_by_status"),
        ),
        migrations.AddConstraint(
            model_name="changepayload",
            constraint=models.UniqueConstraint(fields=("request", "number"), name="one_payload_of_a_number"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["to", "-id"], name="notices_of_a_person"),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.UniqueConstraint(fields=("user", "kind"), name="one_preference"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(fields=("team", "user"), name="one_membership"),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.UniqueConstraint(fields=("team", "name"), name="one_group_of_a_name"),
        ),
        migrations.AddIndex(
            model_name="outgoing",
            index=models.Index(
                condition=models.Q(("next_try_at__isnull", False)),
                fields=["next_try_at"],
                name="outgoing_to_send",
            ),
        ),
        migrations.RunSQL(IMMUTABLE, MUTABLE),
    ]
