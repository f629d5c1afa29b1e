from __future__ import annotations

import pytest

from releases.core.configuration import BadValue
from releases.core.names import BadName
from releases.core.triggers import BadTrigger
from releases.models import AuditEntry, Function, Service, Trigger, VersionFunction
from releases.operations import aliases, catalog, triggers
from releases.operations.catalog import Configuration, DeletedMeanwhile, StillNeeded
from releases.operations.triggers import NoHttpFunction, NoSuchQualifier, TriggerExists
from releases.queries import triggers as query
from tests import make

pytestmark = pytest.mark.django_db

ANYBODY = {"authType": "anonymous", "methods": ["GET", "POST"], "extra": [1, {"kept": None}]}
SIGNED = {"authType": "function", "methods": ["PUT"]}


@pytest.fixture
def function() -> Function:
    return make.function(make.service(), type="http")


def made(function: Function, name: str = "web", qualifier: str = "LATEST") -> Trigger:
    return triggers.create_trigger(make.act(), function, name=name, qualifier=qualifier, config=ANYBODY)


def test_create_trigger__valid__is_kept_as_it_was_sent_with_an_audit_entry(function: Function) -> None:
    made(function)
    trigger = query.trigger(function, "web")
    assert trigger is not None
    assert (trigger.qualifier, trigger.config, trigger.created_at) == ("LATEST", ANYBODY, make.NOW)
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.object, entry.before) == ("trigger.create", "shop/checkout/web", None)
    assert entry.after == {"qualifier": "LATEST", "config": ANYBODY, "description": ""}


def test_create_trigger__event_function__is_refused() -> None:
    with pytest.raises(NoHttpFunction, match="function 'checkout' is called by events"):
        made(make.function(make.service()))
    assert not Trigger.objects.exists()


def test_create_reachable_function__valid__is_made_with_its_trigger() -> None:
    function = reachable(make.service(), "http", ANYBODY)
    assert function.type == "http"
    trigger = function.triggers.get()
    assert (trigger.name, trigger.qualifier, trigger.config) == ("http", "LATEST", ANYBODY)
    actions = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions)[-2:] == ["function.create", "trigger.create"]


@pytest.mark.parametrize(("kind", "config"), [("event", ANYBODY), ("http", {"authType": "anonymous"})])
def test_create_reachable_function__no_trigger_possible__makes_neither(
    kind: str, config: dict[str, object]
) -> None:
    with pytest.raises((NoHttpFunction, BadTrigger)):
        reachable(make.service(), kind, config)
    assert not Function.objects.exists()


def reachable(service: Service, kind: str, config: dict[str, object]) -> Function:
    configuration = Configuration(runtime="python3", handler="index.handler", type=kind)
    return triggers.create_reachable_function(
        make.act(),
        service,
        name="web",
        configuration=configuration,
        package=make.code(make.WSGI),
        config=config,
    )


def test_create_trigger__name_or_qualifier_taken__says_which(function: Function) -> None:
    make.version(function.service)
    made(function)
    with pytest.raises(TriggerExists, match="trigger 'web' already exists in function 'checkout'"):
        made(function, qualifier="1")
    with pytest.raises(TriggerExists, match="function 'checkout' has trigger 'web' at LATEST already"):
        made(function, "other")
    made(function, "other", "1")
    assert [trigger.name for trigger in query.triggers(function)] == ["other", "web"]


def test_create_trigger__same_names_in_another_function__are_free(function: Function) -> None:
    made(function)
    made(make.function(function.service, "pay", type="http"))
    assert Trigger.objects.count() == 2


@pytest.mark.parametrize(
    ("qualifier", "words"),
    [("1", "version 1 of service 'shop' does not exist"), ("alias1", "alias 'alias1' of service 'shop'")],
)
def test_create_trigger__qualifier_that_is_not_there__is_refused(
    function: Function, qualifier: str, words: str
) -> None:
    with pytest.raises(NoSuchQualifier, match=words):
        made(function, qualifier=qualifier)
    make.version(function.service)
    make.alias(function.service)
    made(function, qualifier=qualifier)


@pytest.mark.parametrize("name", ["", "1web", "a b", "w" * 129, "web\n", "a/b"])
def test_create_trigger__bad_name__is_refused(function: Function, name: str) -> None:
    with pytest.raises(BadName):
        made(function, name)


@pytest.mark.parametrize("qualifier", ["", "0", "01", "a.b", "q" * 129, "alias1\0"])
def test_create_trigger__bad_qualifier__is_refused(function: Function, qualifier: str) -> None:
    with pytest.raises(BadName):
        made(function, qualifier=qualifier)


def test_create_trigger__bad_configuration__is_refused(function: Function) -> None:
    with pytest.raises(BadTrigger):
        triggers.create_trigger(make.act(), function, name="web", qualifier="LATEST", config={"methods": []})
    assert not Trigger.objects.exists()


def test_change_trigger__another_qualifier_and_configuration__replaces_both(function: Function) -> None:
    make.version(function.service)
    triggers.change_trigger(make.act(), made(function), qualifier="1", config=SIGNED, description="signed")
    trigger = Trigger.objects.get()
    assert (trigger.qualifier, trigger.config, trigger.description) == ("1", SIGNED, "signed")
    entry = AuditEntry.objects.latest("id")
    assert entry.before is not None
    assert (entry.action, entry.before["qualifier"]) == ("trigger.change", "LATEST")


def test_change_trigger__to_the_qualifier_of_another__is_refused(function: Function) -> None:
    make.version(function.service)
    made(function)
    other = made(function, "other", "1")
    with pytest.raises(TriggerExists, match="has trigger 'web' at LATEST already"):
        triggers.change_trigger(make.act(), other, qualifier="LATEST", config=SIGNED)
    assert Trigger.objects.get(name="other").qualifier == "1"


def test_delete_trigger__twice__is_told_that_it_is_gone(function: Function) -> None:
    trigger = made(function)
    triggers.delete_trigger(make.act(), trigger)
    assert AuditEntry.objects.latest("id").action == "trigger.delete"
    with pytest.raises(DeletedMeanwhile, match="trigger 'web' was deleted meanwhile"):
        triggers.delete_trigger(make.act(), trigger)
    with pytest.raises(DeletedMeanwhile, match="trigger 'web' was deleted meanwhile"):
        triggers.change_trigger(make.act(), trigger, qualifier="LATEST", config=SIGNED)


def test_delete_function__with_triggers__is_refused_until_they_are_gone(function: Function) -> None:
    trigger = made(function)
    with pytest.raises(StillNeeded, match="function 'checkout' has active triggers"):
        catalog.delete_function(make.act(), function)
    triggers.delete_trigger(make.act(), trigger)
    catalog.delete_function(make.act(), function)
    assert not Function.objects.exists()


def test_publish__function_with_a_trigger__keeps_the_type_and_no_trigger(function: Function) -> None:
    made(function)
    version = make.version(function.service)
    assert VersionFunction.objects.get(version=version).type == "http"
    assert Trigger.objects.get().function == function


def test_delete_alias__that_a_trigger_names__leaves_the_trigger(function: Function) -> None:
    make.version(function.service)
    alias = make.alias(function.service)
    made(function, qualifier="alias1")
    aliases.delete_alias(make.act(), alias)
    assert Trigger.objects.get().qualifier == "alias1"


def test_configure_function__another_type__is_refused(function: Function) -> None:
    configuration = Configuration(runtime="python3", handler="index.handler", type="event")
    with pytest.raises(BadValue, match="function 'checkout' stays of type http"):
        catalog.configure_function(make.act(), function, configuration=configuration, base_digest=None)
    assert Function.objects.get().type == "http"
