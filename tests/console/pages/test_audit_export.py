"""Exports of the audit log, verified by the recipe of docs/audit.md, which knows nothing of Serin."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse

from console import audit_export
from releases.models import AuditEntry
from releases.operations.audit import Act
from releases.queries import audit as query
from tests import make

from .conftest import browser

EVIL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "'quoted",
    "''=",
    'a "b", c',
    "line\nline",
    "=é☃",
    "  =x",
]


@pytest.fixture
def log(alice: Client) -> list[AuditEntry]:
    """Entries whose every text is as bad as it can be."""
    make.two_versions()
    for text in EVIL:
        act = Act(by=make.user(), at=make.NOW, source="page", request="-req", ip="2001:db8::1")
        with transaction.atomic():
            act.record(
                "service.describe",
                on=None,
                team=make.TEAM,
                path=text,
                before={text: text},
                after={},
                reason=text,
            )
    return list(AuditEntry.objects.order_by("pk"))


def exported(client: Client, suffix: str, **filters: str) -> str:
    response = client.get(reverse(f"audit-{suffix}"), filters)
    assert response.status_code == 200
    assert response.streaming
    assert re.search(rf'filename="serin-audit-\d{{8}}T\d{{6}}Z\.{suffix}"', response["Content-Disposition"])
    return b"".join(response.streaming_content).decode()


def verified(tmp_path: Path, suffix: str, text: str, *arguments: str) -> tuple[int, str]:
    """What the documented recipe says to an export."""
    document = (Path(settings.BASE_DIR) / "docs" / "audit.md").read_text()
    script, export = tmp_path / "verify.py", tmp_path / f"export.{suffix}"
    script.write_text(document.partition("```python\n")[2].partition("```")[0])
    export.write_bytes(text.encode())
    command = [sys.executable, "-I", str(script), str(export), *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.returncode, (ended.stdout + ended.stderr).strip()


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_export__whole__is_verified_offline(
    alice: Client, log: list[AuditEntry], tmp_path: Path, suffix: str
) -> None:
    text = exported(alice, suffix)
    assert verified(tmp_path, suffix, text, "whole") == (0, f"holds; head: {log[-1].digest}")


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_export__filtered__is_verified_entry_by_entry(
    alice: Client, log: list[AuditEntry], tmp_path: Path, suffix: str
) -> None:
    text = exported(alice, suffix, action="function.deploy")
    last = log[0].__class__.objects.filter(action="function.deploy").latest("pk")
    assert verified(tmp_path, suffix, text) == (0, f"holds; head: {last.digest}")


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_export__tampered__is_found_offline(
    alice: Client, log: list[AuditEntry], tmp_path: Path, suffix: str
) -> None:
    text = exported(alice, suffix)
    changed = text.replace("shop/checkout", "shop/backdoor", 1)
    assert verified(tmp_path, suffix, changed)[1].endswith("was changed")
    lines = text.splitlines(keepends=True)
    without = "".join(lines[:3] + lines[4:])
    assert verified(tmp_path, suffix, without, "whole")[1].endswith("does not follow the entry before it")


def test_csv__cells__are_no_formulas_and_give_the_value_back(alice: Client, log: list[AuditEntry]) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(alice, "csv"), newline="")))
    assert tuple(rows[0]) == audit_export.COLUMNS
    for row, entry in zip(rows, log, strict=True):
        assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in row.values())
        assert row["object"].removeprefix("'") == entry.object
        assert row["reason"].removeprefix("'") == entry.reason


def test_json__entries__are_oldest_first_with_names(alice: Client, log: list[AuditEntry]) -> None:
    found = json.loads(exported(alice, "json"))
    assert [each["number"] for each in found] == [entry.pk for entry in log]
    assert tuple(found[0]) == audit_export.COLUMNS
    assert {each["person"] for each in found} == {"alice"}


def test_export__nothing_found__is_well_formed(alice: Client) -> None:
    make.service()
    assert json.loads(exported(alice, "json", person="nobody")) == []
    assert exported(alice, "csv", person="nobody") == ",".join(audit_export.COLUMNS) + "\r\n"


@pytest.mark.parametrize("suffix", ["csv", "json"])
def test_export__of_others__is_not_there(log: list[AuditEntry], suffix: str) -> None:
    charlie = browser()
    charlie.force_login(make.outsider())
    assert "shop" not in exported(charlie, suffix)


def test_export__long__is_read_and_sent_in_pieces(
    alice: Client, log: list[AuditEntry], monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries
) -> None:
    monkeypatch.setattr(query, "CHUNK", 5)
    monkeypatch.setattr(audit_export, "ROWS", 5)
    pieces = audit_export.json_pieces(query.oldest_first(AuditEntry.objects.all()))
    # the last number, and the first five with who acted
    with django_assert_max_num_queries(3):
        first = next(pieces)
    assert first.count('"digest"') == 5
    rest = list(pieces)
    assert len(rest) >= (len(log) - 5) // 5
    assert len(json.loads(first + "".join(rest))) == len(log)
