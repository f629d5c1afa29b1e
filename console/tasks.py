"""What Celery runs for the console."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore


@shared_task(name="console.clear_sessions")
def clear_sessions() -> None:
    """Delete the log-in sessions that have expired."""
    SessionStore.clear_expired()
