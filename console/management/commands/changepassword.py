"""manage.py changepassword USER: Django's, with an audit entry. It runs in the name of that user."""

from __future__ import annotations

import getpass
from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.db import transaction
from django.utils import timezone

from releases.models import User
from releases.operations.audit import Act


class Command(changepassword.Command):
    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str | None:
        told = super().handle(*args, **options)
        user = User.objects.get(username=options["username"] or getpass.getuser())
        act = Act(by=user, at=timezone.now(), source="command")
        act.record("account.password", on=None, path=user.username)
        return told
