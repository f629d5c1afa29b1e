"""manage.py createsuperuser: Django's, with an audit entry. It runs in the name of who was made."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.db import transaction
from django.utils import timezone

from releases.models import User
from releases.operations.audit import Act


class Command(createsuperuser.Command):
    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        known = set(User.objects.values_list("pk", flat=True))
        super().handle(*args, **options)
        for user in User.objects.exclude(pk__in=known):
            act = Act(by=user, at=timezone.now(), source="command")
            act.record("account.create", on=None, path=user.username, after={"administrator": True})
