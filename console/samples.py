"""The code that a new function begins with."""

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


class NoSample(ValueError):
    """No sample fits the handler; the text is for the person."""


def sample_package(handler: str) -> bytes:
    """A zip with the sample such that `handler` names it. Raises NoSample."""
    path, _, function = handler.rpartition(".")
    if not path or not all(map(_is_name, [*path.replace("/", ".").split("."), function])):
        raise NoSample("For the sample, write module.function, such as index.handler.")
    return pack({handler_file(handler): _PYTHON3.format(function=function).encode()})


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)
