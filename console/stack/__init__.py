"""How Serin starts, stops and survives: embedded PostgreSQL and Valkey, and the supervisor of `manage.py up`.

Nothing in here needs Django, so the test runner and settings can use it before Django exists.
"""

from __future__ import annotations


class CannotStart(Exception):
    """Something on this machine keeps Serin from starting. The text is one line for the operator."""
