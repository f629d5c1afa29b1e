"""How Serin starts, stops and survives: embedded PostgreSQL and Valkey, and the supervisor of `manage.py up`.

Only `sample` needs Django, so settings and the test runner can use the rest before Django exists.
"""

from __future__ import annotations


class CannotStart(Exception):
    """Something on this machine keeps Serin from starting. The text is one line for the operator."""
