"""The routing table in memory: what every call is resolved against.

A service is replaced as a whole, by one assignment, so a call sees either all of a change or none of it.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from console.fc.refusals import (
    FcRefusal,
    alias_not_found,
    function_not_found,
    service_not_found,
    version_not_found,
)
from invocations.engine.bundle import Bundle
from releases.core import recording
from releases.core.parameters import Attributes
from releases.core.policies import BadPolicy, parse
from releases.core.rights import Action, Owned, Person, can
from releases.core.routing import Decide, compile_policy
from releases.core.triggers import BadTrigger, HttpTrigger, parse_http
from releases.queries.routing import LATEST, AliasRoute, Mark, ServiceKey, ServiceRoutes

logger = logging.getLogger(__name__)

HeaderList: TypeAlias = list[tuple[bytes, bytes]]

EXPOSED = (
    b"Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,x-fc-max-memory-usage,"
    b"x-fc-log-result,x-fc-invocation-code-version,x-fc-invocation-service-version,x-serin-alias-revision"
)


@dataclass(frozen=True, slots=True)
class Target:
    """One function of one version, and the response headers that only depend on it."""

    bundle: Bundle
    headers: HeaderList


class Route(NamedTuple):
    """What a call resolved to. `revision` is 0 and `reason` empty when no alias was asked.

    `unit` is the hash of the key that was split, 0 for none (`releases.core.routing.Decision`); `labels` is
    what shall be recorded of the call, None unless the alias asks for it (`releases.core.recording`).
    """

    target: Target
    revision: int
    reason: str
    unit: int
    labels: recording.Labels | None = None


@dataclass(frozen=True, slots=True)
class _Alias:
    revision: int
    receiving: frozenset[int]
    decide: Decide
    read_labels: Callable[[Attributes], recording.Labels] | None


@dataclass(frozen=True, slots=True)
class CompiledService:
    """A service ready for calls.

    `versions` maps a version to its functions, `triggers` a function and a qualifier to what lets callers in.
    """

    mark: Mark
    owned: Owned
    aliases: dict[str, _Alias]
    versions: dict[str, dict[str, Target]]
    triggers: dict[tuple[str, str], HttpTrigger]


class RoutingTable:
    """Services by (region, name). Holds no lock: it is read and changed on one event loop."""

    def __init__(self) -> None:
        self._services: dict[ServiceKey, CompiledService] = {}

    def permit(self, person: Person, key: ServiceKey) -> None:
        """Raise `FcRefusal` unless the person may invoke; for who may not see a service, there is none."""
        service = self._services.get(key)
        if service is None:
            return
        answer = can(person, Action.INVOKE, service.owned)
        if answer:
            return
        if not can(person, Action.VIEW, service.owned):
            raise service_not_found(key[1])
        raise FcRefusal("AccessDenied", answer.reason)

    def resolve(self, key: ServiceKey, qualifier: str, function: str, call: Attributes) -> Route:
        """Choose the target of one call. Raises a 404 `FcRefusal` that names what is missing."""
        service = self._services.get(key)
        if service is None:
            raise service_not_found(key[1])
        alias = service.aliases.get(qualifier)
        if alias is None:
            return Route(_target(service, key[1], qualifier, function), 0, "", 0)
        decision = alias.decide(call)
        target = _target(service, key[1], str(decision.version), function)
        labels = None if alias.read_labels is None else alias.read_labels(call)
        return Route(target, alias.revision, decision.reason, decision.unit, labels)

    def trigger(self, key: ServiceKey, qualifier: str, function: str) -> HttpTrigger | None:
        """The trigger of exactly this qualifier."""
        service = self._services.get(key)
        return None if service is None else service.triggers.get((function, qualifier))

    def is_event_function(self, key: ServiceKey, function: str) -> bool:
        """Whether LATEST has this function, and events call it."""
        service = self._services.get(key)
        target = None if service is None else service.versions[LATEST].get(function)
        return target is not None and target.bundle.type == "event"

    def is_routed(self, bundle: Bundle) -> bool:
        """Whether a call may still lead to exactly this bundle: LATEST as it is now, or a live version.

        A version's number is a way to it, whether or not an alias leads there: going back finds it warm.
        """
        service = self._services.get((bundle.region, bundle.service))
        functions = service.versions.get(bundle.version, {}) if service else {}
        target = functions.get(bundle.function)
        return target is not None and target.bundle.identity == bundle.identity

    def replace(self, keys: Iterable[ServiceKey], found: dict[ServiceKey, CompiledService]) -> list[Bundle]:
        """Take in what was found of `keys`; those that were not found are gone.

        Returns the bundles that calls may lead to from now on: of versions that have been published, and of
        those that an alias leads to anew. Services that were not known yet have none: a gateway that starts
        would else start everything.
        """
        for key in keys:
            if key not in found:
                self._services.pop(key, None)
        before = {key: self._services[key] for key in found.keys() & self._services.keys()}
        self._services.update(found)
        return [bundle for key, old in before.items() for bundle in _new_bundles(old, found[key])]

    def stale(self, marks: dict[ServiceKey, Mark]) -> set[ServiceKey]:
        """The services whose mark in the database is not the one they were loaded with."""
        known = {key: service.mark for key, service in self._services.items()}
        return {key for key in known.keys() | marks.keys() if known.get(key) != marks.get(key)}

    def count_services(self) -> int:
        return len(self._services)

    def count_aliases(self) -> int:
        return sum(len(service.aliases) for service in self._services.values())


def _new_bundles(before: CompiledService, now: CompiledService) -> list[Bundle]:
    versions = dict.fromkeys(now.versions.keys() - before.versions.keys())
    for name, alias in now.aliases.items():
        old = before.aliases.get(name)
        versions |= dict.fromkeys(map(str, alias.receiving - (old.receiving if old else frozenset())))
    return [target.bundle for version in versions for target in now.versions.get(version, {}).values()]


def _target(service: CompiledService, name: str, version: str, function: str) -> Target:
    functions = service.versions.get(version)
    if functions is None:
        if version.isascii() and version.isdigit():
            raise version_not_found(name, version)
        raise alias_not_found(name, version)
    target = functions.get(function)
    if target is None:
        raise function_not_found(name, function)
    return target


def compile_services(found: Iterable[ServiceRoutes]) -> dict[ServiceKey, CompiledService]:
    """What `RoutingTable.replace` takes in."""
    return {(routes.region, routes.name): _compile(routes) for routes in found}


def _compile(routes: ServiceRoutes) -> CompiledService:
    aliases = {route.name: _compile_alias(routes, route) for route in routes.aliases}
    versions = {
        version: {name: Target(bundle, _headers(bundle)) for name, bundle in functions.items()}
        for version, functions in routes.functions.items()
    }
    return CompiledService(
        mark=routes.mark,
        owned=Owned(routes.team, f"service {routes.name}"),
        aliases={name: alias for name, alias in aliases.items() if alias is not None},
        versions=versions,
        triggers=_compile_triggers(routes),
    )


def _compile_alias(routes: ServiceRoutes, route: AliasRoute) -> _Alias | None:
    try:
        policy = parse(route.policy)
        decide = compile_policy(policy, salt=route.salt, draw=random.random)
        recorded = recording.parse(route.recorded_parameters)
        return _Alias(
            route.revision, policy.receiving, decide, recording.compile_labels(recorded) if recorded else None
        )
    except BadPolicy as bad:
        # One policy that cannot be read must not keep every other change from taking effect.
        logger.error("alias %s of %s/%s does not route: %s", route.name, routes.region, routes.name, bad)
        return None


def _compile_triggers(routes: ServiceRoutes) -> dict[tuple[str, str], HttpTrigger]:
    found = {}
    for route in routes.triggers:
        try:
            found[route.function, route.qualifier] = parse_http(route.config)
        except BadTrigger as bad:
            logger.error("a trigger of %s/%s is left out: %s", routes.name, route.function, bad)
    return found


def _headers(bundle: Bundle) -> HeaderList:
    return [
        (b"x-fc-invocation-service-version", bundle.version.encode()),
        (b"x-fc-code-checksum", bundle.code_checksum.encode()),
        (b"access-control-expose-headers", EXPOSED),
    ]
