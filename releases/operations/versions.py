"""Publishing and retiring versions."""

from __future__ import annotations

from django.db import transaction

from invocations.refusals import Refused
from releases.core import names
from releases.models import CONFIGURATION_COLUMNS, Service, Version, VersionFunction
from releases.queries import aliases as alias_query
from releases.queries import versions as query

from .audit import Act
from .catalog import StillNeeded, locked
from .routing import announce


class NothingChanged(Refused):
    """LATEST is what the newest version already is (Function Compute's VersionPublishError)."""


class NoSuchVersion(Refused):
    """It never was, or was deleted meanwhile."""


@transaction.atomic
def publish(act: Act, service: Service, *, description: str = "") -> Version:
    """Snapshot LATEST as the next number. Raises NothingChanged or DeletedMeanwhile.

    Compared is the newest *existing* version, as Function Compute does: once it is deleted, an unchanged
    service can be published again. A different description of the version alone is no change.
    """
    names.check_description(description)
    service = locked(service)
    functions = list(service.functions.all())
    fingerprint = query.fingerprint(service, functions)
    newest = service.versions.filter(retired_at=None).order_by("-number").first()
    if newest is not None and newest.fingerprint == fingerprint:
        raise NothingChanged(f"nothing has changed since version {newest.number} was published")
    service.last_version += 1
    service.save(update_fields=["last_version"])
    version = Version.objects.create(
        service=service,
        number=service.last_version,
        description=description,
        service_description=service.description,
        fingerprint=fingerprint,
        created_by=act.by,
        created_at=act.at,
    )
    VersionFunction.objects.bulk_create(
        VersionFunction(version=version, **{name: getattr(function, name) for name in CONFIGURATION_COLUMNS})
        for function in functions
    )
    act.record(
        "version.publish",
        on=service,
        path=f"{service.name}/{version.number}",
        after={"description": description, "fingerprint": fingerprint},
    )
    announce(service)
    return version


@transaction.atomic
def retire(act: Act, version: Version) -> None:
    """Delete a version: gone from the lists, its number never reused. Raises StillNeeded, NoSuchVersion.

    The version's row is locked before the aliases are read, and an alias change locks the versions that it
    names, so that neither can slip past the other.
    """
    version = Version.objects.select_for_update().get(pk=version.pk)
    service = version.service
    if version.retired_at is not None:
        raise NoSuchVersion(f"version {version.number} of service '{service.name}' has been deleted already")
    needing = alias_query.names_needing(service, version.number)
    if needing:
        raise StillNeeded(
            f"version {version.number} is still needed by {_aliases(needing)}; move it away first"
        )
    version.retired_at = act.at
    version.save(update_fields=["retired_at"])
    act.record(
        "version.delete",
        on=service,
        path=f"{service.name}/{version.number}",
        before={"description": version.description, "fingerprint": version.fingerprint},
    )
    announce(service)


def _aliases(needing: list[str]) -> str:
    return f"alias {needing[0]}" if len(needing) == 1 else f"aliases {', '.join(needing)}"
