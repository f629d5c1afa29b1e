"""Writing services and the functions of their working copy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.db import IntegrityError, transaction

from invocations.refusals import Refused
from releases.core import configuration as limits
from releases.core import names
from releases.core.configuration import BadValue
from releases.models import CodePackage, Function, FunctionConfiguration, Service, Team
from releases.queries import catalog as query
from releases.queries import routing as code_query

from .audit import Act
from .packages import built, is_built_for, keep_package
from .routing import announce


class NameTaken(Refused):
    """Something of that name exists."""


class StillNeeded(Refused):
    """It cannot go while something needs it; the text says what."""


class DeletedMeanwhile(Refused):
    """The service or function was deleted since the page was opened."""


class CodeChangedMeanwhile(Refused):
    """The code is not what the editor was opened on."""


class ConfigurationChangedMeanwhile(Refused):
    """The configuration is not what the form was opened on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a function is beside its name and code; the fields are columns of `FunctionConfiguration`."""

    runtime: str
    handler: str
    type: str = "event"
    """event or http; it never changes, for every caller would have to change with it."""
    description: str = ""
    initializer: str = ""
    memory_mb: int = 128
    timeout_s: int = 3
    initialization_timeout_s: int = 3
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, function: FunctionConfiguration) -> Configuration:
        """What a function is now."""
        return cls(**{column.name: getattr(function, column.name) for column in fields(cls)})

    @property
    def digest(self) -> str:
        """SHA-256 in hexadecimal: two configurations of one digest are the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    def check(self) -> None:
        """Raise BadValue or BadName where Function Compute would refuse it."""
        limits.check_type(self.type)
        limits.check_runtime(self.runtime)
        limits.check_handler(self.handler)
        limits.check_initializer(self.initializer)
        limits.check_memory(self.memory_mb)
        limits.check_timeout(self.timeout_s)
        limits.check_initialization_timeout(self.initialization_timeout_s)
        limits.check_environment(self.environment)
        names.check_description(self.description)


@transaction.atomic
def create_service(act: Act, *, region: str, name: str, team: Team, description: str = "") -> Service:
    """An empty service of a team. Raises BadName, BadValue or NameTaken.

    A name stays with the team that had it first, or was given it: invocations and test runs know services by
    name.
    """
    names.check_service_name(name)
    names.check_description(description)
    if Service.objects.filter(region=region, name=name).exclude(team=team).exists():
        raise NameTaken(f"service '{name}' already exists in {region}")
    try:
        with transaction.atomic():
            service = Service.objects.create(
                region=region,
                name=name,
                team=team,
                description=description,
                created_at=act.at,
                modified_at=act.at,
            )
    except IntegrityError:
        raise NameTaken(f"service '{name}' already exists in {region}") from None
    act.record("service.create", on=service, path=name, after={"description": description})
    announce(service)
    return service


@transaction.atomic
def describe_service(act: Act, service: Service, *, description: str) -> Service:
    """Raises BadName or DeletedMeanwhile."""
    names.check_description(description)
    service = locked(service)
    before = {"description": service.description}
    service.description = description
    service.modified_at = act.at
    service.save(update_fields=["description", "modified_at"])
    act.record(
        "service.describe",
        on=service,
        path=service.name,
        before=before,
        after={"description": description},
    )
    return service


@transaction.atomic
def delete_service(act: Act, service: Service) -> None:
    """Retire a service that holds nothing. Raises StillNeeded, naming what it holds, or DeletedMeanwhile."""
    service = locked(service)
    holds = query.contents(service)
    if holds:
        raise StillNeeded(f"service '{service.name}' still has {holds}; delete them first")
    service.retired_at = act.at
    service.save(update_fields=["retired_at"])
    act.record("service.delete", on=service, path=service.name)
    announce(service)


@transaction.atomic
def create_function(
    act: Act, service: Service, *, name: str, configuration: Configuration, package: bytes
) -> Function:
    """A function of LATEST. Raises BadName, BadValue, BadPackage, NameTaken or DeletedMeanwhile."""
    names.check_function_name(name)
    configuration.check()
    # Before the lock: building and unpacking a large package takes seconds.
    package = built(package, runtime=configuration.runtime, handler=configuration.handler)
    code = keep_package(package, at=act.at)
    service = locked(service)
    try:
        with transaction.atomic():
            function = Function.objects.create(
                service=service,
                name=name,
                code=code,
                created_at=act.at,
                modified_at=act.at,
                **asdict(configuration),
            )
    except IntegrityError:
        raise NameTaken(f"function '{name}' already exists in service '{service.name}'") from None
    _touched(act, function, "function.create", before=None)
    return function


@transaction.atomic
def configure_function(
    act: Act, function: Function, *, configuration: Configuration, base_digest: str | None
) -> Function:
    """Replace the configuration of LATEST, its environment as a whole. Raises BadValue, DeletedMeanwhile.

    `base_digest` is that of the configuration that the form was opened on; when it is another by now,
    nothing is overwritten and ConfigurationChangedMeanwhile is raised. None replaces whatever is there.
    Code that has to be built anew for it may raise BadPackage.
    """
    configuration.check()
    rebuilt = _rebuilt(act, function, configuration)  # before the lock, as in create_function
    old_code = function.code_id
    function = locked_function(function)
    if base_digest is not None and base_digest != Configuration.of(function).digest:
        raise ConfigurationChangedMeanwhile(
            f"the configuration of '{function.name}' was saved by somebody else since you opened it; "
            "note your change, reload the page and save again"
        )
    if configuration.type != function.type:
        raise BadValue("functionType", f"function '{function.name}' stays of type {function.type}")
    before = _audited(function)
    for column, value in asdict(configuration).items():
        setattr(function, column, value)
    if rebuilt is not None:
        if old_code != function.code_id:
            raise CodeChangedMeanwhile(f"the code of '{function.name}' was deployed meanwhile; save again")
        function.code = rebuilt
    function.modified_at = act.at
    function.save()
    _touched(act, function, "function.configure", before=before)
    return function


def _rebuilt(act: Act, function: Function, configuration: Configuration) -> CodePackage | None:
    """The function's code as the configuration needs it, when that is not as it is."""
    runtime, handler = configuration.runtime, configuration.handler
    needed = is_built_for(runtime, handler)
    if needed in (is_built_for("", ""), is_built_for(function.runtime, function.handler)):
        return None
    return keep_package(built(code_query.code(function.code_id), runtime=runtime, handler=handler), at=act.at)


@transaction.atomic
def deploy_code(act: Act, function: Function, *, package: bytes, base_digest: str | None) -> Function:
    """Make a zip the code of LATEST.

    `base_digest` is the code that the editor was opened on; when another has been deployed since, nothing
    is overwritten and CodeChangedMeanwhile is raised. None replaces whatever is there. Raises BadPackage or
    DeletedMeanwhile as well.
    """
    opened = is_built_for(function.runtime, function.handler)
    package = built(package, runtime=function.runtime, handler=function.handler)
    code = keep_package(package, at=act.at)  # before the lock, as in create_function
    function = locked_function(function)
    if opened != is_built_for(function.runtime, function.handler):
        raise ConfigurationChangedMeanwhile(
            f"the runtime or handler of '{function.name}' was changed meanwhile; deploy again"
        )
    if base_digest is not None and base_digest != function.code_id:
        raise CodeChangedMeanwhile(
            f"the code of '{function.name}' was deployed by somebody else since you opened it; "
            "copy your change, reload the page and deploy again"
        )
    before = _audited(function)
    function.code = code
    function.modified_at = act.at
    function.save(update_fields=["code", "modified_at"])
    _touched(act, function, "function.deploy", before=before)
    return function


@transaction.atomic
def delete_function(act: Act, function: Function) -> None:
    """Delete it from LATEST; the versions that have it keep it. Raises StillNeeded or DeletedMeanwhile."""
    function = locked_function(function)
    if function.triggers.exists():
        raise StillNeeded(f"function '{function.name}' has active triggers")
    service = function.service
    before = _audited(function)
    Function.objects.filter(pk=function.pk).delete()
    act.record("function.delete", on=service, path=f"{service.name}/{function.name}", before=before)
    announce(service)


def locked(service: Service) -> Service:
    """The service under its lock, re-checked. Raises DeletedMeanwhile."""
    service = Service.objects.select_for_update(of=("self",)).select_related("team").get(pk=service.pk)
    if service.retired_at is not None:
        raise DeletedMeanwhile(f"service '{service.name}' was deleted meanwhile")
    return service


def locked_function(function: Function) -> Function:
    """The function as it is once its service is locked. Raises DeletedMeanwhile."""
    locked(function.service)
    found = Function.objects.select_related("service").filter(pk=function.pk).first()
    if found is None:
        raise DeletedMeanwhile(f"function '{function.name}' was deleted meanwhile")
    return found


def _touched(act: Act, function: Function, action: str, *, before: dict[str, Any] | None) -> None:
    service = function.service
    act.record(
        action,
        on=service,
        path=f"{service.name}/{function.name}",
        before=before,
        after=_audited(function),
    )
    announce(service)


def _audited(function: Function) -> dict[str, Any]:
    """What the audit keeps of a function: values of environment variables may be secrets and stay out."""
    return {
        "type": function.type,
        "runtime": function.runtime,
        "handler": function.handler,
        "memory_mb": function.memory_mb,
        "timeout_s": function.timeout_s,
        "environment": sorted(function.environment),
        "code": function.code_id,
    }
