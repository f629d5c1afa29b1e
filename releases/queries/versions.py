"""Reading versions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, QuerySet

from releases.models import CONFIGURATION_COLUMNS, FunctionConfiguration, Service, Version


def versions(service: Service) -> QuerySet[Version]:
    """The live versions, newest first, with their publisher and `function_count`."""
    return (
        service.versions.filter(retired_at=None)
        .select_related("created_by")
        .annotate(function_count=Count("functions"))
        .order_by("-number")
    )


def numbers(service: Service) -> list[int]:
    """The numbers of the live versions, newest first."""
    live = service.versions.filter(retired_at=None)
    return list(live.order_by("-number").values_list("number", flat=True))


def newest(service: Service) -> Version | None:
    return service.versions.filter(retired_at=None).order_by("-number").first()


def before(version: Version) -> int | None:
    """The number of the live version that was published before this one."""
    live = Version.objects.filter(service_id=version.service_id, retired_at=None, number__lt=version.number)
    return live.order_by("-number").values_list("number", flat=True).first()


def latest_differs(service: Service) -> bool:
    """Whether publishing now would make a new version: LATEST is not what the newest version is."""
    last = newest(service)
    return last is None or last.fingerprint != fingerprint(service, service.functions.all())


def fingerprint(service: Service, functions: Iterable[FunctionConfiguration]) -> str:
    """SHA-256 over the content of a snapshot: the service's configuration, every function and its code."""
    content = {
        "service": {"description": service.description},
        "functions": sorted(
            (_content(function) for function in functions), key=lambda item: str(item["name"])
        ),
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _content(function: FunctionConfiguration) -> dict[str, Any]:
    return {column: getattr(function, column) for column in CONFIGURATION_COLUMNS}
