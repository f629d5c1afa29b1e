"""manage.py revokeaccesskey KEY: end an access key, for ever."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from releases.models import AccessKey
from releases.operations.access_keys import revoke_access_key
from releases.operations.audit import Act


class Command(BaseCommand):
    help = "End an access key at once and for ever; revoking it again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="the accessKeyId")

    def handle(self, *, key: str, **options: Any) -> None:
        found = AccessKey.objects.select_related("user").filter(pk=key).first()
        if found is None:
            raise CommandError(f"there is no access key '{key}'")
        revoke_access_key(Act(by=found.user, at=timezone.now(), source="command"), found)
        self.stdout.write(f"access key {key} of {found.user.username} is revoked")
