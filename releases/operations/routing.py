"""Telling the gateways that what they route has changed."""

from __future__ import annotations

from django.db import connection

from releases.models import Service

CHANNEL = "serin_routing"


def announce(service: Service) -> None:
    """Queue a notice that PostgreSQL delivers if, and when, the transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, f"{service.region}/{service.name}"])
