"""HTTP functions for tests of the gateway."""

from __future__ import annotations

from typing import Any

from releases.models import Function
from tests import make

TELLS = """\
import json
def handler(environ, start_response):
    told = {name: value for name, value in environ.items() if isinstance(value, str)}
    told["body"] = len(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
"""
DOES = """\
def handler(environ, start_response):
    exec(environ["wsgi.input"].read().decode(), {"start": start_response})
    return [b"done"]
"""


def web(name: str, text: str = TELLS, **trigger: Any) -> Function:
    """An HTTP function that anybody may call."""
    function = make.function(make.service(name), text=text, type="http")
    make.trigger(function, **trigger)
    return function
