"""What a gateway must know to route: every live service with its aliases, versions and functions.

Loaded in a fixed number of queries however much there is, without the code itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias

from django.conf import settings
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Count, Max, Q, QuerySet, TextField
from django.db.models.functions import Cast

from invocations.engine.bundle import Bundle
from releases.models import Alias, CodePackage, Function, Service, Trigger, Version, VersionFunction

ServiceKey: TypeAlias = tuple[str, str]  # region, name

LATEST = "LATEST"
_RECORDED = Cast("recorded", TextField())  # as PostgreSQL prints it, here and in `marks` alike
_NOTHING_RECORDED = "[]"
_CONFIGURATION = (
    "name",
    "type",
    "runtime",
    "handler",
    "initializer",
    "memory_mb",
    "timeout_s",
    "initialization_timeout_s",
    "environment",
    "code_id",
    "code__checksum",
)


class Mark(NamedTuple):
    """Changes with every change of what a service routes; cheap to read for all services at once."""

    aliases: int
    newest_revision: int
    versions: int
    newest_version: int
    functions: int
    functions_modified: datetime | None
    triggers: int = 0
    triggers_modified: datetime | None = None
    recorded: str = ""


NOTHING = Mark(0, 0, 0, 0, 0, None)


@dataclass(frozen=True, slots=True)
class AliasRoute:
    """An alias as it routes now.

    `policy` is a document for `releases.core.policies.parse`, `recorded` one for
    `releases.core.recording.parse`.
    """

    name: str
    salt: str
    revision: int
    policy: Mapping[str, Any]
    recorded: str = _NOTHING_RECORDED

    @property
    def recorded_parameters(self) -> list[list[str]]:
        parameters: list[list[str]] = json.loads(self.recorded)
        return parameters


@dataclass(frozen=True, slots=True)
class TriggerRoute:
    """What lets callers in to a function at a qualifier. `releases.core.triggers` parses `config`."""

    function: str
    qualifier: str
    config: object


@dataclass(frozen=True, slots=True)
class ServiceRoutes:
    """`functions` maps a version (a number as text, or LATEST) to its functions' bundles by name."""

    region: str
    name: str
    team: str
    mark: Mark
    aliases: tuple[AliasRoute, ...]
    functions: Mapping[str, Mapping[str, Bundle]]
    triggers: tuple[TriggerRoute, ...] = ()


def load(keys: Collection[ServiceKey] | None = None) -> list[ServiceRoutes]:
    """The routes of the named services that exist, or of all. Six queries.

    Aliases are read before versions: a revision never names a version that was published after it, so
    without a transaction around the queries no alias comes out pointing at a version not yet read.
    """
    services = list(_live(keys).values_list("id", "region", "name", "team__name"))
    ids = [row[0] for row in services] if keys is not None else None
    aliases = _aliases(ids)
    triggers = _triggers(ids)
    versions = _versions(ids)
    published = _published(ids)
    latest = _of(Function.objects, "service_id", ids).values_list(
        "service_id", "modified_at", *_CONFIGURATION
    )
    modified: dict[int, list[datetime]] = defaultdict(list)
    for service_id, modified_at, *configuration in latest:
        modified[service_id].append(modified_at)
        published[service_id][LATEST].append(configuration)
    return [
        ServiceRoutes(
            region=region,
            name=name,
            team=team,
            mark=_mark(aliases[service_id], versions[service_id], modified[service_id], triggers[service_id]),
            aliases=tuple(aliases[service_id]),
            functions={
                version: {
                    row[0]: _bundle(region, name, version, row) for row in published[service_id][version]
                }
                for version in (LATEST, *map(str, versions[service_id]))
            },
            triggers=tuple(route for _, route in triggers[service_id]),
        )
        for service_id, region, name, team in services
    ]


def marks() -> dict[ServiceKey, Mark]:
    """The mark of every live service. Six queries, none of which grows with what a service holds."""
    routed = Alias.objects.filter(retired_at=None, revision__isnull=False)
    aliases = _grouped(routed, "revision_id")
    recorded = _recorded(routed)
    versions = _grouped(Version.objects.filter(retired_at=None), "number")
    functions = _grouped(Function.objects.all(), "modified_at")
    triggers = _grouped(Trigger.objects.all(), "modified_at", service="function__service_id")
    return {
        (region, name): Mark(
            *aliases.get(service_id, (0, 0)),
            *versions.get(service_id, (0, 0)),
            *functions.get(service_id, (0, None)),
            *triggers.get(service_id, (0, None)),
            recorded=recorded.get(service_id, ""),
        )
        for service_id, region, name in _live(None).values_list("id", "region", "name")
    }


def code(digest: str) -> bytes:
    """The zip of a code package. Raises `CodePackage.DoesNotExist`, also when its content was collected."""
    content = (
        CodePackage.objects.filter(content__isnull=False).values_list("content", flat=True).get(pk=digest)
    )
    return bytes(content or b"")


def _live(keys: Collection[ServiceKey] | None) -> QuerySet[Service]:
    services = Service.objects.filter(retired_at=None)
    if keys is None:
        return services
    names: dict[str, list[str]] = defaultdict(list)
    for region, name in keys:
        # What callers ask for comes here as they wrote it; one NUL would fail the query for all the others.
        if "\0" not in region + name:
            names[region].append(name)
    wanted = Q(pk__in=[])
    for region, of_region in names.items():
        wanted |= Q(region=region, name__in=of_region)
    return services.filter(wanted)


def _of(manager: Any, field: str, ids: list[int] | None) -> Any:
    return manager.all() if ids is None else manager.filter(**{f"{field}__in": ids})


def _aliases(ids: list[int] | None) -> dict[int, list[AliasRoute]]:
    found: dict[int, list[AliasRoute]] = defaultdict(list)
    live = _of(Alias.objects, "service_id", ids).filter(retired_at=None, revision__isnull=False)
    columns = ("service_id", "name", "salt", "revision_id", "revision__policy", _RECORDED)
    for service_id, *route in live.order_by("pk").values_list(*columns):
        found[service_id].append(AliasRoute(*route))
    return found


def _triggers(ids: list[int] | None) -> dict[int, list[tuple[datetime, TriggerRoute]]]:
    found: dict[int, list[tuple[datetime, TriggerRoute]]] = defaultdict(list)
    rows = _of(Trigger.objects, "function__service_id", ids)
    columns = ("function__service_id", "modified_at", "function__name", "qualifier", "config")
    for service_id, modified_at, *route in rows.values_list(*columns):
        found[service_id].append((modified_at, TriggerRoute(*route)))
    return found


def _versions(ids: list[int] | None) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    live = _of(Version.objects, "service_id", ids).filter(retired_at=None)
    for service_id, number in live.values_list("service_id", "number"):
        found[service_id].append(number)
    return found


def _published(ids: list[int] | None) -> dict[int, dict[str, list[Any]]]:
    found: dict[int, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    live = _of(VersionFunction.objects, "version__service_id", ids).filter(version__retired_at=None)
    rows = live.values_list("version__service_id", "version__number", *_CONFIGURATION)
    for service_id, number, *configuration in rows:
        found[service_id][str(number)].append(configuration)
    return found


def _bundle(region: str, service: str, version: str, row: list[Any]) -> Bundle:
    name, kind, runtime, handler, initializer, memory, timeout, initialization, environment, *code = row
    digest, checksum = code
    return Bundle(
        account_id=settings.ACCOUNT_ID,
        region=region,
        service=service,
        function=name,
        version=version,
        type=kind,
        runtime=runtime,
        handler=handler,
        initializer=initializer,
        memory_mb=memory,
        timeout_s=timeout,
        initialization_timeout_s=initialization,
        environment=tuple(sorted(environment.items())),
        code_digest=digest,
        code_checksum=checksum,
    )


def _recorded(aliases: QuerySet[Alias]) -> dict[int, str]:
    grouped = aliases.exclude(recorded=[]).values("service_id")
    texts = StringAgg(_RECORDED, delimiter=" ", order_by="pk")
    return dict(grouped.annotate(texts=texts).values_list("service_id", "texts"))


def _mark(
    aliases: Iterable[AliasRoute],
    versions: Collection[int],
    modified: Collection[datetime],
    triggers: Collection[tuple[datetime, TriggerRoute]],
) -> Mark:
    aliases = list(aliases)
    revisions = [alias.revision for alias in aliases]
    return Mark(
        aliases=len(revisions),
        newest_revision=max(revisions, default=0),
        versions=len(versions),
        newest_version=max(versions, default=0),
        functions=len(modified),
        functions_modified=max(modified, default=None),
        triggers=len(triggers),
        triggers_modified=max((modified_at for modified_at, _ in triggers), default=None),
        recorded=" ".join(alias.recorded for alias in aliases if alias.recorded != _NOTHING_RECORDED),
    )


def _grouped(rows: QuerySet[Any], newest: str, *, service: str = "service_id") -> dict[int, tuple[int, Any]]:
    grouped = rows.values(service).annotate(n=Count("pk"), newest=Max(newest))
    return {row[service]: (row["n"], row["newest"]) for row in grouped.values(service, "n", "newest")}
