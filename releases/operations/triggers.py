"""Writing triggers: the addresses under which HTTP functions answer. Versions hold none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.db import IntegrityError, transaction

from invocations.refusals import Refused
from releases.core import names
from releases.core.triggers import parse_http
from releases.models import Function, Service, Trigger
from releases.queries import catalog as query

from .audit import Act
from .catalog import Configuration, DeletedMeanwhile, create_function, locked_function
from .routing import announce

DEFAULT_NAME: Final = "http"


class TriggerExists(Refused):
    """The function has a trigger of that name, or one for that qualifier."""


class NoHttpFunction(Refused):
    """Only functions of type http have triggers."""


class NoSuchQualifier(Refused):
    """The service has no such version or alias."""


@transaction.atomic
def create_trigger(
    act: Act,
    function: Function,
    *,
    name: str,
    qualifier: str,
    config: Mapping[str, Any],
    description: str = "",
) -> Trigger:
    """An HTTP trigger. `config` is kept as it is given.

    Raises BadName, BadTrigger, NoHttpFunction, NoSuchQualifier, TriggerExists or DeletedMeanwhile.
    """
    names.check_trigger_name(name)
    function = locked_function(function)
    if function.type != "http":
        raise NoHttpFunction(
            f"function '{function.name}' is called by events: only HTTP functions have triggers"
        )
    trigger = Trigger(function=function, name=name, created_at=act.at)
    _set(act, trigger, qualifier, config, description)
    _touched(act, trigger, "trigger.create", before=None)
    return trigger


@transaction.atomic
def create_reachable_function(
    act: Act,
    service: Service,
    *,
    name: str,
    configuration: Configuration,
    package: bytes,
    config: Mapping[str, Any],
) -> Function:
    """An HTTP function of LATEST with a trigger that makes it answer there, or neither of them.

    Raises as `create_function` and `create_trigger`.
    """
    function = create_function(act, service, name=name, configuration=configuration, package=package)
    create_trigger(act, function, name=DEFAULT_NAME, qualifier="LATEST", config=config)
    return function


@transaction.atomic
def change_trigger(
    act: Act, trigger: Trigger, *, qualifier: str, config: Mapping[str, Any], description: str = ""
) -> Trigger:
    """Replace all but the name. Raises as `create_trigger`, and DeletedMeanwhile when it is gone."""
    trigger = _locked(trigger)
    before = _audited(trigger)
    _set(act, trigger, qualifier, config, description)
    _touched(act, trigger, "trigger.change", before=before)
    return trigger


@transaction.atomic
def delete_trigger(act: Act, trigger: Trigger) -> None:
    """The function answers no more at that qualifier. Raises DeletedMeanwhile."""
    trigger = _locked(trigger)
    before = _audited(trigger)
    Trigger.objects.filter(pk=trigger.pk).delete()
    _touched(act, trigger, "trigger.delete", before=before)


def _locked(trigger: Trigger) -> Trigger:
    """The trigger as it is once its service is locked. Raises DeletedMeanwhile."""
    locked_function(trigger.function)
    found = Trigger.objects.select_related("function__service").filter(pk=trigger.pk).first()
    if found is None:
        raise DeletedMeanwhile(f"trigger '{trigger.name}' was deleted meanwhile")
    return found


def _set(act: Act, trigger: Trigger, qualifier: str, config: Mapping[str, Any], description: str) -> None:
    names.check_description(description)
    parse_http(config)
    service = trigger.function.service
    missing = query.shown(service, names.parse_qualifier(qualifier)).missing
    if missing:
        raise NoSuchQualifier(missing)
    trigger.qualifier = qualifier
    trigger.config = config
    trigger.description = description
    trigger.modified_at = act.at
    try:
        with transaction.atomic():
            trigger.save()
    except IntegrityError:
        raise TriggerExists(_taken(trigger)) from None


def _taken(trigger: Trigger) -> str:
    function = trigger.function
    others = function.triggers.exclude(pk=trigger.pk)
    if others.filter(name=trigger.name).exists():
        return f"trigger '{trigger.name}' already exists in function '{function.name}'"
    other = others.get(qualifier=trigger.qualifier)
    return f"function '{function.name}' has trigger '{other.name}' at {trigger.qualifier} already"


def _touched(act: Act, trigger: Trigger, action: str, *, before: dict[str, Any] | None) -> None:
    service = trigger.function.service
    act.record(
        action,
        on=service,
        path=f"{service.name}/{trigger.function.name}/{trigger.name}",
        before=before,
        after=None if action == "trigger.delete" else _audited(trigger),
    )
    announce(service)


def _audited(trigger: Trigger) -> dict[str, Any]:
    return {
        "qualifier": trigger.qualifier,
        "config": trigger.config,
        "description": trigger.description,
    }
