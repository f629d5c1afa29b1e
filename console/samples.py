"""The code that a new function begins with: what an event calls, and what answers HTTP requests (WSGI)."""

from __future__ import annotations

import keyword

from console.editing import handler_file
from invocations.engine.packages import pack

_PYTHON3 = '''\
"""A sample function: it logs, and answers with the version that served the call."""

import json
import logging

logger = logging.getLogger()


def {function}(event, context):
    service = context.service
    # version_id is empty at LATEST, the working copy.
    version = service.version_id or "LATEST"
    logger.info("called as %s, served by version %s", service.qualifier, version)
    print(f"the event has {{len(event)}} bytes")
    return json.dumps({{"qualifier": service.qualifier, "version": version}})
'''


_PYTHON3_HTTP = '''\
"""A sample HTTP function: it logs, and answers in plain text with the version that served the request."""

import logging

logger = logging.getLogger()


def {function}(environ, start_response):
    service = environ["fc.context"].service
    # version_id is empty at LATEST, the working copy.
    version = service.version_id or "LATEST"
    asked = f"{{environ['REQUEST_METHOD']}} {{environ['PATH_INFO']}}"
    logger.info("%s called as %s, served by version %s", asked, service.qualifier, version)
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"{{service.qualifier}} is served by version {{version}}\\n".encode()]
'''

_SAMPLES = {"event": _PYTHON3, "http": _PYTHON3_HTTP}


class NoSample(ValueError):
    """No sample fits the handler; the text is for the person."""


def sample_package(handler: str, function_type: str = "event") -> bytes:
    """A zip with the sample of a function type such that `handler` names it. Raises NoSample."""
    path, _, function = handler.rpartition(".")
    if not path or not all(map(_is_name, [*path.replace("/", ".").split("."), function])):
        raise NoSample("For the sample, write module.function, such as index.handler.")
    return pack({handler_file(handler): _SAMPLES[function_type].format(function=function).encode()})


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)
