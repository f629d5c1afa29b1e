"""manage.py createaccesskey USER: a key pair for API clients, as JSON. The secret is shown this once."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from releases.models import User
from releases.operations.access_keys import create_access_key
from releases.operations.audit import Act


class Command(BaseCommand):
    help = "Make an access key for a user and print it as JSON: accessKeyId, accessKeySecret, accountId."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the name that the user logs in with")

    def handle(self, *, user: str, **options: Any) -> None:
        owner = User.objects.filter(username=user, is_active=True).first()
        if owner is None:
            raise CommandError(f"there is no active user '{user}'")
        pair = create_access_key(Act(by=owner, at=timezone.now(), source="command"), owner)
        key = {
            "accessKeyId": pair.key_id,
            "accessKeySecret": pair.secret,
            "accountId": settings.ACCOUNT_ID,
        }
        self.stdout.write(json.dumps(key))
