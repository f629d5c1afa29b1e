"""The only way from a request to an object. What a person may not see does not exist for him: 404."""

from __future__ import annotations

from typing import NoReturn

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils import timezone

from console import origin
from invocations.models import TestRun
from invocations.queries import SENT
from releases.core.names import BadName, parse_qualifier
from releases.core.rights import Action, Answer, Person, can
from releases.models import Alias, AliasRevision, Function, Service, Trigger, User, Version
from releases.operations.audit import Act
from releases.queries import catalog, teams, triggers
from releases.queries.catalog import Shown


def act_of(request: HttpRequest) -> Act:
    """Who acts through this page, and now: the one place where pages read the clock."""
    return Act(
        by=user_of(request),
        at=timezone.now(),
        source="page",
        request=getattr(request, "request_id", ""),
        ip=origin.address(request),
    )


def user_of(request: HttpRequest) -> User:
    """The person who is logged in; LoginRequiredMiddleware lets nobody else through."""
    if not isinstance(request.user, User):
        raise PermissionDenied("Log in first.")
    return request.user


def person_of(request: HttpRequest) -> Person:
    """Who is logged in, with his roles. Asked of the database once per request."""
    person = getattr(request, "_serin_person", None)
    if person is None:
        person = teams.person(user_of(request))
        request._serin_person = person  # type: ignore[attr-defined]
    return person


def may(request: HttpRequest, action: Action, service: Service) -> Answer:
    """Whether the person may do this, for a button to say why not."""
    return can(person_of(request), action, teams.owned(service))


def require(request: HttpRequest, action: Action, service: Service) -> None:
    """404 unless the person may see the service; 403 with the reason unless he may do this to it."""
    if not may(request, Action.VIEW, service):
        _absent("service", service.name)
    answer = may(request, action, service)
    if not answer:
        raise PermissionDenied(answer.reason)


def require_team(request: HttpRequest, action: Action) -> frozenset[str]:
    """The teams for which the person may do this; 403 when there is none."""
    found = person_of(request).teams(action)
    if not found:
        raise PermissionDenied(
            f"{person_of(request).name} may not {action} anything: no team gives that right."
        )
    return found


def seen_teams(request: HttpRequest) -> frozenset[str] | None:
    """The teams whose things the person sees; None for all of them."""
    person = person_of(request)
    return None if person.administrator and person.active else person.teams(Action.VIEW)


def region_for(name: str) -> str:
    if name not in settings.REGIONS:
        _absent("region", name)
    return name


def service_for(request: HttpRequest, region: str, name: str, action: Action = Action.VIEW) -> Service:
    live = Service.objects.filter(region=region_for(region), name=name, retired_at=None)
    service = live.select_related("team").first()
    if service is None:
        _absent("service", name)
    require(request, action, service)
    return service


def function_for(request: HttpRequest, region: str, service: str, name: str, action: Action) -> Function:
    """A function of LATEST, to be changed."""
    found = service_for(request, region, service, action)
    function = Function.objects.filter(service=found, name=name).select_related("service__team").first()
    if function is None:
        _absent("function", name)
    return function


def trigger_for(function: Function, name: str) -> Trigger:
    trigger = triggers.trigger(function, name)
    if trigger is None:
        _absent("trigger", name)
    return trigger


def shown_for(service: Service, qualifier: str) -> Shown:
    """What a qualifier in a URL stands for; LATEST when it is empty."""
    try:
        shown = catalog.shown(service, parse_qualifier(qualifier or "LATEST"))
    except BadName as error:
        raise Http404(str(error)) from error
    if shown.missing:
        raise Http404(shown.missing)
    return shown


def version_for(request: HttpRequest, region: str, service: str, number: int, action: Action) -> Version:
    found = service_for(request, region, service, action)
    rows = found.versions.filter(number=number, retired_at=None)
    version = rows.select_related("service__team", "created_by").first()
    if version is None:
        _absent("version", str(number))
    return version


def alias_for(
    request: HttpRequest, region: str, service: str, name: str, action: Action = Action.VIEW
) -> Alias:
    found = service_for(request, region, service, action)
    rows = found.aliases.filter(name=name, retired_at=None)
    alias = rows.select_related("service__team", "revision__created_by").first()
    if alias is None:
        _absent("alias", name)
    return alias


def revision_for(alias: Alias, number: int) -> AliasRevision:
    revision = alias.revisions.filter(number=number).select_related("created_by").first()
    if revision is None:
        _absent("revision", str(number))
    return revision


def test_run_for(request: HttpRequest, region: str, number: int, action: Action = Action.VIEW) -> TestRun:
    """What it sends is loaded when it is asked for: fragments that poll never do."""
    run = TestRun.objects.filter(pk=number, region=region_for(region)).defer(*SENT).first()
    if run is None:
        _absent("test run", str(number))
    owner = catalog.owner(run.region, run.service)
    if owner is None or not may(request, Action.VIEW, owner):
        _absent("test run", str(number))
    require(request, action, owner)
    return run


def _absent(noun: str, name: str) -> NoReturn:
    raise Http404(f"There is no {noun} '{name}' here.")
