from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from releases.models import AuditCheck, AuditEntry
from tests import make
from tests.releases.operations.test_audit import TABLE, tamper

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[list[str], int]:
    """Its lines and what it exits with."""
    out = StringIO()
    try:
        call_command("verify_audit", *arguments, stdout=out, skip_checks=True)
    except SystemExit as ended:
        return out.getvalue().splitlines(), int(ended.code or 0)
    return out.getvalue().splitlines(), 0


def test_verify_audit__as_written__tells_entries_chain_and_head() -> None:
    make.two_versions()
    last = AuditEntry.objects.order_by("-pk")[0]
    assert run() == (
        [
            f"entries: {AuditEntry.objects.count():,} in the chain",
            "chain:   holds",
            f"head:    entry {last.pk}, digest {last.digest} - keep this elsewhere",
        ],
        0,
    )
    assert AuditCheck.objects.get().head == last.pk, "the page shows it too"


def test_verify_audit__empty_log__holds() -> None:
    assert run() == (["entries: 0 in the chain", "chain:   holds", "head:    none"], 0)


def test_verify_audit__tampered__tells_where_and_how_and_exits_with_1() -> None:
    make.two_versions()
    entry = AuditEntry.objects.order_by("pk")[2]
    tamper(f"UPDATE {TABLE} SET reason = 'x' WHERE id = %s", entry.pk)
    lines, code = run()
    assert (lines[1], code) == (f"chain:   breaks: entry {entry.pk} was changed after it was written", 1)
    assert "keep this elsewhere" not in lines[-1]


def test_verify_audit__head_noted_earlier__is_looked_for() -> None:
    make.service("one")
    head = AuditEntry.objects.order_by("-pk")[0].digest
    make.service("two")
    lines, code = run("--since-head", head)
    assert (lines[2], code) == ("noted:   still in the chain", 0)


def test_verify_audit__end_cut_off_and_verification_forgotten__only_the_noted_head_tells() -> None:
    make.two_versions()
    last = AuditEntry.objects.order_by("-pk")[0]
    tamper(f"DELETE FROM {TABLE} WHERE id = %s", last.pk)
    assert run()[1] == 0
    lines, code = run("--since-head", last.digest)
    assert (lines[2], code) == ("noted:   GONE: entries were cut off or rewritten", 1)


@pytest.mark.parametrize("head", ["abc", "x" * 64, "AB" * 32])
def test_verify_audit__no_digest__is_one_line(head: str) -> None:
    with pytest.raises(CommandError, match=r"^a head is the 64 hexadecimal digits"):
        run("--since-head", head)
