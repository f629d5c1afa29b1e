"""The sprite holds the icons of `static/src/icons.json`; a name outside it would show as nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path

from django.conf import settings

from console.templatetags.serin import VERDICTS

ROOT = Path(settings.BASE_DIR)
LISTED = json.loads((ROOT / "static" / "src" / "icons.json").read_text())
NAMED = re.compile(r'(?:\{% icon |icon_name=|icon["\']?[:=] ?)["\']([a-z0-9-]+)["\']')


def named() -> set[str]:
    sources = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("console/**/*.py")]
    found = {name for path in sources for name in NAMED.findall(path.read_text())}
    return found | {icon for icon, _ in VERDICTS.values()}


def test_icons__named_in_pages__are_in_the_sprite() -> None:
    assert named() - set(LISTED) == set()


def test_icons__in_the_sprite__are_sorted() -> None:
    assert sorted(LISTED) == LISTED
