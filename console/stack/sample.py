"""What an empty installation starts with: a service whose release is under way."""

from __future__ import annotations

from django.utils import timezone

from console.editing import handler_file, read_text, replace_text
from console.samples import sample_package
from releases.core.policies import Canary, Policy
from releases.core.triggers import METHODS, Auth, HttpTrigger, http_config
from releases.models import Alias, Function, Service, Team, User
from releases.operations import aliases, catalog, triggers, versions
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.catalog import Configuration
from releases.operations.triggers import DEFAULT_NAME

REGION = "cn-hangzhou"
HANDLER = "index.handler"


def packages(function_type: str = "event") -> tuple[bytes, bytes]:
    """The code of both versions, packed."""
    first = sample_package(HANDLER, function_type)
    text = read_text(first, handler_file(HANDLER)) or ""
    welcoming = text.replace('json.dumps({"qualifier"', 'json.dumps({"greeting": "Welcome", "qualifier"')
    welcoming = welcoming.replace('return [f"{', 'return [f"Welcome! {')
    second = replace_text(first, handler_file(HANDLER), welcoming)
    return first, second


def make_sample(by: User, team: Team) -> Alias:
    """Service shop with checkout (event) and storefront (HTTP), versions 1 and 2, and alias1 on both.

    30% of the calls of alias1 go to canary 2, and anybody may call storefront through it.
    """
    act = Act(by=by, at=timezone.now(), source="command")
    service = catalog.create_service(
        act, region=REGION, name="shop", team=team, description="The sample of a new console"
    )
    checkout, storefront = _function(act, service, "checkout"), _function(act, service, "storefront", "http")
    versions.publish(act, service, description="The sample")
    for function in (checkout, storefront):
        catalog.deploy_code(act, function, package=packages(function.type)[1], base_digest=None)
    versions.publish(act, service, description="Says welcome")
    policy = Policy(1, Canary(2, 3000))
    setting = Setting(policy=policy, reason="Try version 2 on 30% of the calls")
    alias = aliases.create_alias(act, service, name="alias1", setting=setting)
    config = http_config(HttpTrigger(METHODS, Auth.ANONYMOUS))
    triggers.create_trigger(act, storefront, name=DEFAULT_NAME, qualifier="alias1", config=config)
    return alias


def _function(act: Act, service: Service, name: str, function_type: str = "event") -> Function:
    """A function as version 1 has it."""
    configuration = Configuration(
        runtime="python3",
        handler=HANDLER,
        type=function_type,
        description="Says which version answered",
        timeout_s=10,
    )
    return catalog.create_function(
        act, service, name=name, configuration=configuration, package=packages(function_type)[0]
    )
