"""manage.py verify_audit: whether the audit log is still as it was written. Exits 1 when it is not."""

from __future__ import annotations

import re
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from releases.operations.audit_checks import Verified, verify_audit


class Command(BaseCommand):
    help = "Read the whole audit log and tell whether its chain holds; exits 1 where it does not."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since-head",
            metavar="DIGEST",
            default="",
            help="the digest of a head that was noted earlier: is it still in the chain?",
        )

    def handle(self, *, since_head: str, **options: Any) -> None:
        if since_head and not re.fullmatch(r"[0-9a-f]{64}", since_head):
            raise CommandError("a head is the 64 hexadecimal digits that an earlier verification printed")
        heads = frozenset({since_head} if since_head else ())
        verified = verify_audit(at=timezone.now(), whole=True, heads=heads)
        for line in _lines(verified, since_head):
            self.stdout.write(line)
        if verified.reading.broken is not None or verified.missing:
            sys.exit(1)


def _lines(verified: Verified, since_head: str) -> list[str]:
    reading = verified.reading
    before = f", and {reading.unchained:,} from before there was a chain" if reading.unchained else ""
    lines = [f"entries: {reading.chained:,} in the chain{before}"]
    broken = reading.broken
    lines.append(f"chain:   breaks: entry {broken.number} {broken.text}" if broken else "chain:   holds")
    if since_head and broken is None:
        is_there = since_head not in verified.missing
        lines.append(
            f"noted:   {'still in the chain' if is_there else 'GONE: entries were cut off or rewritten'}"
        )
    head = reading.head
    if head is None:
        return [*lines, "head:    none"]
    keep = "" if broken else " - keep this elsewhere"
    return [*lines, f"head:    entry {head.number}, digest {head.digest}{keep}"]
