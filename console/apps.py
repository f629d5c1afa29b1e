from __future__ import annotations

from django.apps import AppConfig

# Imported with Django, so that every process that enqueues a task knows where to send it.
from . import celery  # noqa: F401 - the import is all


class ConsoleConfig(AppConfig):
    name = "console"
