"""What every page's frame needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

# Key, label, icon, and how the names of the area's modules in console.pages begin.
NAV = (
    ("home", "Home", "home", ("home", "inbox")),
    ("services", "Services & Functions", "stack-2", ("service", "function")),
    ("versions", "Versions", "versions", ("version",)),
    ("aliases", "Alias Management", "arrows-split", ("alias",)),
    ("changes", "Changes", "git-pull-request", ("change",)),
    ("testruns", "Test runs", "flask", ("testrun",)),
    ("teams", "Teams", "users-group", ("team", "people")),
    ("audit", "Audit log", "clipboard-list", ("audit",)),
)

_OF_ALL_REGIONS = {"audit", "home", "teams"}


def _letters(labels: Iterable[str]) -> list[str]:
    """The key that follows `g` for each: its first letter that none before it has."""
    taken: list[str] = []
    for label in labels:
        taken.append(next(letter for letter in label.lower() if letter.isalpha() and letter not in taken))
    return taken


LETTERS = _letters(label for _, label, _, _ in NAV)


def page(request: HttpRequest) -> dict[str, Any]:
    """Region menu and main menu. The region is the first part of the path."""
    match = request.resolver_match
    region = match.kwargs.get("region") if match else None
    if region not in settings.REGIONS:
        region = settings.REGIONS[0]
    module = match.func.__module__.rpartition(".")[2] if match else ""
    return {
        "region": region,
        "regions": [
            {"name": name, "url": reverse("services", args=[name]), "current": name == region}
            for name in settings.REGIONS
        ],
        "nav": [
            {
                "key": key,
                "label": label,
                "letter": letter,
                "url": _nav_url(key, region),
                "icon": icon,
                "current": module.startswith(modules),
            }
            for (key, label, icon, modules), letter in zip(NAV, LETTERS, strict=True)
        ],
        "gateway_url": settings.GATEWAY_URL,
        "console_url": settings.CONSOLE_URL,
        "product_version": settings.VERSION,
    }


def _nav_url(key: str, region: str) -> str:
    name = {"versions": "versions-home", "aliases": "aliases-home"}.get(key, key)
    return reverse(name, args=[] if key in _OF_ALL_REGIONS else [region])
