"""Entries of the audit log, and what its page shows of them."""

from __future__ import annotations

from django.db import transaction
from django.test import Client
from django.urls import reverse

from releases.operations.audit import Act
from tests import make

PAGE = reverse("audit")


def entry(action: str = "service.create", path: str = "x", **values: object) -> None:
    act = Act(**({"by": make.user(), "at": make.NOW, "source": "page"} | values))
    with transaction.atomic():
        act.record(action, on=None, path=path, team=make.TEAM)


def shown(client: Client, **query: object) -> list[str]:
    page = client.get(PAGE, query)
    assert page.status_code == 200
    return [f"{item['row'].action} {item['row'].object}" for item in page.context["rows"]]
