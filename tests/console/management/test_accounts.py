"""Django's own commands that write leave entries too."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.management.commands import changepassword as django_command
from django.core.management import CommandError, call_command

from releases.models import AuditEntry, User
from tests import make

pytestmark = pytest.mark.django_db


def test_changepassword__of_a_user__leaves_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    alice = make.user()
    monkeypatch.setattr(django_command.getpass, "getpass", lambda prompt: "a-New-Passw0rd")
    call_command("changepassword", "alice", stdout=StringIO())
    alice.refresh_from_db()
    assert alice.check_password("a-New-Passw0rd")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.source, entry.object, entry.by) == (
        "account.password",
        "command",
        "alice",
        alice,
    )
    assert (entry.before, entry.after) == (None, None)


def test_changepassword__unknown_user__leaves_none() -> None:
    with pytest.raises(CommandError):
        call_command("changepassword", "nobody", stdout=StringIO())
    assert not AuditEntry.objects.exists()


def test_createsuperuser__without_questions__leaves_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-New-Passw0rd")
    arguments = ["--noinput", "--username", "root", "--email", "root@example.com"]
    call_command("createsuperuser", *arguments, stdout=StringIO(), skip_checks=True)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.source, entry.by) == ("account.create", "command", User.objects.get())
