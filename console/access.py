"""The only way from a request to an object. What a person may not see does not exist for him: 404."""

from __future__ import annotations

from typing import NoReturn

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from console import origin
from invocations.models import TestRun
from invocations.queries import SENT
from releases.core.approvals import Status
from releases.core.names import BadName, parse_qualifier
from releases.core.rights import ALLOWED, Action, Answer, Denied, Owned, Person, can
from releases.models import (
    AccessKey,
    Alias,
    AliasRevision,
    ChangeRequest,
    Function,
    Group,
    Membership,
    Notice,
    Service,
    Team,
    Trigger,
    User,
    Version,
    Webhook,
)
from releases.operations.audit import Act
from releases.queries import catalog, changes, teams, triggers
from releases.queries.catalog import Shown


def act_of(request: HttpRequest) -> Act:
    """Who acts through this page, and now: the one place where pages read the clock."""
    return act_as(request, user_of(request))


def act_as(request: HttpRequest, user: User) -> Act:
    """The same for somebody who is about to have an account."""
    return Act(
        by=user,
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
        request._serin_person = person  # type: ignore[attr-defined]  # a request takes what is kept with it
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


def may_anywhere(request: HttpRequest, action: Action) -> Answer:
    """Whether any team lets the person do this, where no service is named yet."""
    person = person_of(request)
    if person.teams(action):
        return ALLOWED
    return Denied(f"{person.name} may not {action} anything: no team gives that right.")


def require_team(request: HttpRequest, action: Action) -> frozenset[str]:
    """The teams for which the person may do this; 403 when there is none."""
    answer = may_anywhere(request, action)
    if not answer:
        raise PermissionDenied(answer.reason)
    return person_of(request).teams(action)


def notice_for(request: HttpRequest, number: int) -> Notice:
    """One's own; nobody sees another's inbox."""
    notice = Notice.objects.filter(pk=number, to=user_of(request)).first()
    if notice is None:
        _absent("notice", str(number))
    return notice


def webhook_for(request: HttpRequest, team: int, number: int, action: Action) -> Webhook:
    owner = team_for(request, team, action)
    webhook = Webhook.objects.filter(pk=number, team=owner, removed_at=None).first()
    if webhook is None:
        _absent("webhook", str(number))
    return webhook


def seen_teams(request: HttpRequest) -> frozenset[str] | None:
    """The teams whose things the person sees; None for all of them."""
    person = person_of(request)
    return None if person.administrator and person.active else person.teams(Action.VIEW)


def may_team(request: HttpRequest, action: Action, team: Team) -> Answer:
    """As `may`, of a team itself."""
    return can(person_of(request), action, Owned(team.name, f"team {team.name}"))


def administered_teams(request: HttpRequest) -> QuerySet[Team]:
    """The teams that the person may administer, by name."""
    person = person_of(request)
    found = Team.objects.order_by("name")
    if person.administrator and person.active:
        return found
    return found.filter(name__in=person.teams(Action.ADMINISTER))


def team_for(request: HttpRequest, number: int, action: Action = Action.VIEW) -> Team:
    """404 for those who are not in it; 403 with the reason for members without the right."""
    team = Team.objects.filter(pk=number).first()
    if team is None or not may_team(request, Action.VIEW, team):
        _absent("team", str(number))
    answer = may_team(request, action, team)
    if not answer:
        raise PermissionDenied(answer.reason)
    return team


def member_for(team: Team, number: int) -> Membership:
    member = Membership.objects.select_related("user").filter(team=team, user=number).first()
    if member is None:
        _absent("member", str(number))
    return member


def program_for(team: Team, number: int) -> User:
    """A service account of the team."""
    user = member_for(team, number).user
    if not user.is_program:
        _absent("service account", str(number))
    return user


def group_for(team: Team, number: int) -> Group:
    group = Group.objects.filter(team=team, pk=number).first()
    if group is None:
        _absent("group", str(number))
    return group


def key_for(owner: User, key_id: str) -> AccessKey:
    key = AccessKey.objects.filter(user=owner, pk=key_id).first()
    if key is None:
        _absent("access key", key_id[:64])
    return key


def require_administrator(request: HttpRequest) -> None:
    """403 for those who do not manage the people of this installation."""
    person = person_of(request)
    if not person.administrator:
        raise PermissionDenied(f"{person.name} is not an administrator of this installation.")


def person_for(number: int) -> User:
    """Somebody with an account that is no service account; for administrators."""
    user = User.objects.filter(pk=number, is_program=False).first()
    if user is None:
        _absent("person", str(number))
    return user


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


def change_for(request: HttpRequest, region: str, number: int, action: Action = Action.VIEW) -> ChangeRequest:
    """A draft exists only for its author."""
    rows = changes.loaded().select_related("scheduled_by", "ended_by")
    change = rows.filter(pk=number, alias__service__region=region_for(region)).first()
    if change is None or not may(request, Action.VIEW, change.alias.service):
        _absent("change request", str(number))
    if change.status == Status.DRAFT and change.author_id != user_of(request).pk:
        _absent("change request", str(number))
    require(request, action, change.alias.service)
    return change


def _absent(noun: str, name: str) -> NoReturn:
    raise Http404(f"There is no {noun} '{name}' here.")
