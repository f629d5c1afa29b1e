"""What an empty installation starts with: a service whose release is under way."""

from __future__ import annotations

from django.utils import timezone

from console.editing import handler_file, read_text, replace_text
from console.samples import sample_package
from releases.core.policies import Canary, Policy
from releases.models import Alias, User
from releases.operations import aliases, catalog, versions
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.catalog import Configuration

REGION = "cn-hangzhou"
HANDLER = "index.handler"


def packages() -> tuple[bytes, bytes]:
    """The code of both versions, packed."""
    first = sample_package(HANDLER)
    text = read_text(first, handler_file(HANDLER)) or ""
    welcoming = text.replace('json.dumps({"qualifier"', 'json.dumps({"greeting": "Welcome", "qualifier"')
    second = replace_text(first, handler_file(HANDLER), welcoming)
    return first, second


def make_sample(by: User) -> Alias:
    """Service shop with function checkout, versions 1 and 2, and alias1 on 1 with 30% to canary 2."""
    act = Act(by=by, at=timezone.now(), source="command")
    service = catalog.create_service(
        act, region=REGION, name="shop", description="The sample of a new console"
    )
    configuration = Configuration(
        runtime="python3", handler=HANDLER, description="Says which version answered", timeout_s=10
    )
    first, second = packages()
    checkout = catalog.create_function(
        act, service, name="checkout", configuration=configuration, package=first
    )
    versions.publish(act, service, description="The sample")
    catalog.deploy_code(act, checkout, package=second, base_digest=None)
    versions.publish(act, service, description="Says welcome")
    policy = Policy(1, Canary(2, 3000))
    setting = Setting(policy=policy, reason="Try version 2 on 30% of the calls")
    return aliases.create_alias(act, service, name="alias1", setting=setting)
