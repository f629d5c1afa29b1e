"""The cookies of the console: session, CSRF, the messages between two pages, the language.

No function gets or sets one, no rule looks at one, and no form sends one.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


def own_cookies() -> frozenset[str]:
    """Their names, lower-cased."""
    names = (
        settings.SESSION_COOKIE_NAME,
        settings.CSRF_COOKIE_NAME,
        settings.LANGUAGE_COOKIE_NAME,
        CookieStorage.cookie_name,
    )
    return frozenset(map(str.lower, names))
