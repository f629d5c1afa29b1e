from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from invocations import retention
from invocations.models import InvocationLabels, TrafficUnit
from tests.make import NOW

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def test_forget__labels_and_keys__go_when_their_time_is_over() -> None:
    for hours in (1, 22, 24, 48):
        InvocationLabels.objects.create(
            request_id=uuid.uuid4(), at=NOW - hours * HOUR, alias_revision=hours, version="1", labels={}
        )
    for days in (1, 29, 31):
        TrafficUnit.objects.create(alias_revision=days, unit_hash=7, version="1", at=NOW - days * 24 * HOUR)
    retention.forget(at=NOW)
    assert set(InvocationLabels.objects.values_list("alias_revision", flat=True)) == {1, 22}
    assert set(TrafficUnit.objects.values_list("alias_revision", flat=True)) == {1, 29}
