from __future__ import annotations

import pytest
from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from console.gateway.database import conninfo


def test_conninfo__parameters_of_the_operator__hold_for_the_gateway_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = connections["default"].settings_dict
    monkeypatch.setitem(settings, "OPTIONS", {"sslmode": "verify-full", "application_name": "serin"})
    found = conninfo_to_dict(conninfo())
    assert (found["sslmode"], found["application_name"]) == ("verify-full", "serin-gateway")
    assert (found["host"], found["dbname"]) == (settings["HOST"], settings["NAME"])
