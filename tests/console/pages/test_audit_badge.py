"""Whether the log is still as it was written: the badge, and asking for a verification."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from releases.models import AuditCheck, AuditEntry
from releases.operations.audit_checks import verify_audit
from tests import make
from tests.releases.operations.test_audit import TABLE, tamper

from .audited import PAGE
from .conftest import HTMX

VERIFY = reverse("audit-verify")


def test_badge__never_verified__says_so(alice: Client) -> None:
    assert "Not verified yet" in alice.get(PAGE).content.decode()


def test_badge__verified__tells_that_it_holds_and_the_head_to_administrators(
    alice: Client, root: Client
) -> None:
    make.two_versions()
    verify_audit(at=make.NOW)
    head = AuditEntry.objects.order_by("-pk")[0]
    text = alice.get(PAGE).content.decode()
    assert "The chain holds" in text
    assert f"Head: #{head.pk}" not in text
    text = root.get(PAGE).content.decode()
    assert f"Head: #{head.pk}" in text
    assert head.digest in text


def test_badge__broken__tells_where(alice: Client) -> None:
    make.two_versions()
    first = AuditEntry.objects.order_by("pk")[0]
    tamper(f"UPDATE {TABLE} SET reason = 'x' WHERE id = %s", first.pk)
    verify_audit(at=make.NOW)
    text = " ".join(alice.get(PAGE).content.decode().split())
    assert "The chain is broken" in text
    assert f"Entry {first.pk} was changed after it was written." in text


def test_verify__administrator__asks_a_worker_and_the_badge_waits_for_it(
    root: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("invocations.queue._send", lambda name, ids: sent.append(name))
    make.service()
    with django_capture_on_commit_callbacks(execute=True):
        response = root.post(VERIFY, headers=HTMX)
    assert sent == ["releases.verify_audit"]
    assert "Verifying" in response.content.decode()
    assert 'hx-trigger="every 2s"' in response.content.decode()
    chain = reverse("audit-chain")
    assert root.get(chain, {"pending": 1}).status_code == 204
    verify_audit(at=AuditCheck.objects.get().asked_at + timedelta(seconds=1))
    done = root.get(chain, {"pending": 1}, headers=HTMX)
    assert "The chain holds" in done.content.decode()
    assert "hx-trigger" not in done.content.decode()


def test_verify__without_javascript__leads_back_to_the_page(root: Client) -> None:
    assert root.post(VERIFY)["Location"] == PAGE


def test_verify__member__may_not_and_is_told_why(alice: Client) -> None:
    assert alice.post(VERIFY).status_code == 403
    assert not AuditCheck.objects.exists()
    assert "disabled title=" in alice.get(PAGE).content.decode()
