"""Reading services and functions, at LATEST or as a version has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from releases.core import policies
from releases.core.names import AliasName, Latest, Qualifier
from releases.models import Alias, Function, FunctionConfiguration, Service, Version, VersionFunction


def services(region: str, *, teams: Collection[str] | None, search: str = "") -> QuerySet[Service]:
    """The live services of a region by name, with `function_count`, `alias_count` and `version_count`.

    Those of the named teams; None for all. There is no default: a page that forgets whose would show all.
    """
    found = Service.objects.filter(region=region, retired_at=None).select_related("team")
    if teams is not None:
        found = found.filter(team__name__in=teams)
    if search:
        found = found.filter(Q(name__icontains=search) | Q(description__icontains=search))
    return found.annotate(
        function_count=_count(Function.objects.all()),
        alias_count=_count(Alias.objects.filter(retired_at=None)),
        version_count=_count(Version.objects.filter(retired_at=None)),
    ).order_by("name")


def any_service(teams: Collection[str] | None) -> bool:
    """Whether there is a live service of these teams in any region; None for all teams."""
    found = Service.objects.filter(retired_at=None)
    return (found if teams is None else found.filter(team__name__in=teams)).exists()


def owner(region: str, name: str) -> Service | None:
    """The service of a name, or the last that had it: all that had it have one team."""
    return Service.objects.filter(region=region, name=name).select_related("team").order_by("-pk").first()


def names_of(teams: Collection[str] | None, region: str) -> QuerySet[Service, str] | None:
    """The names of all services that these teams have or had; None for all."""
    if teams is None:
        return None
    return Service.objects.filter(region=region, team__name__in=teams).values_list("name", flat=True)


def _count(rows: QuerySet[Any]) -> Coalesce:
    """How many of these a service has. Joined, as `Count` would, they would multiply one another."""
    counted = rows.filter(service=OuterRef("pk")).order_by().values("service").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def contents(service: Service) -> str:
    """What a service still holds: "2 functions (checkout, pay) and alias alias1"; empty for nothing."""
    held = [
        _counted("function", service.functions.order_by("name").values_list("name", flat=True)),
        _counted(
            "version",
            map(
                str,
                service.versions.filter(retired_at=None).order_by("number").values_list("number", flat=True),
            ),
        ),
        _counted(
            "alias", service.aliases.filter(retired_at=None).order_by("name").values_list("name", flat=True)
        ),
    ]
    *rest, last = [words for words in held if words] or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def _counted(noun: str, names: Iterable[str]) -> str:
    listed = list(names)
    if len(listed) <= 1:
        return f"{noun} {listed[0]}" if listed else ""
    shown = ", ".join(listed[:5]) + (", ..." if len(listed) > 5 else "")
    plural = "aliases" if noun == "alias" else f"{noun}s"
    return f"{len(listed)} {plural} ({shown})"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a qualifier stands for when a service is looked at: an alias shows its primary version.

    `version` is None at LATEST, and also where `missing` says why there is nothing to show.
    """

    qualifier: Qualifier
    version: Version | None
    alias: Alias | None = None
    missing: str = ""

    @property
    def is_latest(self) -> bool:
        return isinstance(self.qualifier, Latest)


def shown(service: Service, qualifier: Qualifier) -> Shown:
    """Resolve for reading. Function Compute's rule: metadata through an alias is its primary version's."""
    if isinstance(qualifier, Latest):
        return Shown(qualifier, None)
    alias = None
    if isinstance(qualifier, AliasName):
        alias = (
            service.aliases.filter(name=qualifier.value, retired_at=None).select_related("revision").first()
        )
        if alias is None or alias.revision is None:
            return Shown(
                qualifier, None, missing=f"alias '{qualifier}' of service '{service.name}' does not exist"
            )
        number = policies.parse(alias.revision.policy).primary
    else:
        number = qualifier.value
    version = service.versions.filter(number=number, retired_at=None).first()
    missing = "" if version else f"version {number} of service '{service.name}' does not exist"
    return Shown(qualifier, version, alias, missing)


def functions(
    service: Service, at: Shown, *, search: str = ""
) -> QuerySet[Function] | QuerySet[VersionFunction]:
    """The functions that a service has at a qualifier, by name."""
    rows: QuerySet[Function] | QuerySet[VersionFunction]
    if at.is_latest:
        rows = Function.objects.filter(service=service)
    elif at.version is None:
        rows = VersionFunction.objects.none()
    else:
        rows = VersionFunction.objects.filter(version=at.version)
    return rows.select_related("code").defer("code__content").filter(name__icontains=search).order_by("name")


def function(service: Service, at: Shown, name: str) -> FunctionConfiguration | None:
    """One function as a qualifier has it, or None."""
    return functions(service, at).filter(name=name).first()
