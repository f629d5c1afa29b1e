"""Plain functions that make what a test needs, through the operations that users go through."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

from allauth.account.models import EmailAddress

from invocations.engine.packages import pack
from releases.core import policies, protection_document
from releases.core.approvals import Verdict
from releases.core.policies import Canary, Policy
from releases.core.protections import Protection, When
from releases.core.rights import Role
from releases.core.triggers import METHODS, Auth, HttpTrigger, http_config
from releases.models import Alias, ChangeRequest, Function, Membership, Service, Team, Trigger, User, Version
from releases.operations import aliases, catalog, changes, triggers, versions
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.catalog import Configuration
from releases.operations.change_rows import Proposed
from releases.queries import changes as query

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
REGION = "cn-hangzhou"
TEAM = "shop-team"
ALL = tuple(Role)
HELLO = """\
def handler(event, context):
    print("hello")
    return context.service.qualifier + " " + context.service.version_id
"""

WSGI = """\
def handler(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"hello"]
"""


def user(name: str = "alice", *roles: Role, of: str = TEAM) -> User:
    """Somebody in a team, with these roles there; with all but break-glass when none is named."""
    found = User.objects.filter(username=name).first()
    if found is None:
        found = User.objects.create_user(name, password=f"{name}-Passw0rd")
        join(found, *(roles or set(Role) - {Role.BREAK_GLASS}), name=of)
    return found


def outsider(name: str = "charlie") -> User:
    """Somebody in no team."""
    return User.objects.filter(username=name).first() or User.objects.create_user(
        name, password=f"{name}-Passw0rd"
    )


def mailed(somebody: User, email: str = "bob@example.com") -> User:
    """Somebody with an address that he has confirmed."""
    somebody.email = email
    somebody.save()
    EmailAddress.objects.update_or_create(user=somebody, defaults={"email": email, "verified": True})
    return somebody


def team(name: str = TEAM) -> Team:
    return Team.objects.get_or_create(name=name, defaults={"created_at": NOW})[0]


def join(somebody: User, *roles: Role, name: str = TEAM) -> None:
    """Give exactly these roles in a team."""
    defaults = {"roles": sorted(roles)}
    Membership.objects.update_or_create(team=team(name), user=somebody, defaults=defaults)


def act(by: User | None = None, at: datetime = NOW) -> Act:
    return Act(by=by or user(), at=at, source="page")


def code(text: str = HELLO) -> bytes:
    return pack({"index.py": text.encode()})


def files(package: bytes) -> dict[str, str]:
    """The text files of a zip."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def service(name: str = "shop", region: str = REGION, owner: str = TEAM) -> Service:
    return catalog.create_service(act(), region=region, name=name, team=team(owner))


def function(of: Service, name: str = "checkout", text: str = HELLO, **configuration: object) -> Function:
    settings = {"runtime": "python3", "handler": "index.handler"} | configuration
    return catalog.create_function(
        act(), of, name=name, configuration=Configuration(**settings), package=code(text)
    )


def http_function(of: Service, name: str = "storefront", text: str = WSGI) -> Function:
    return function(of, name, text, type="http")


def trigger(
    of: Function,
    name: str = "web",
    *,
    qualifier: str = "LATEST",
    methods: tuple[str, ...] = METHODS,
    auth: Auth = Auth.ANONYMOUS,
) -> Trigger:
    config = http_config(HttpTrigger(methods, auth))
    return triggers.create_trigger(act(), of, name=name, qualifier=qualifier, config=config)


def deploy(of: Function, text: str) -> Function:
    return catalog.deploy_code(act(), of, package=code(text), base_digest=None)


def version(of: Service, description: str = "") -> Version:
    return versions.publish(act(), of, description=description)


def two_versions(name: str = "shop") -> Service:
    """A service with function checkout and versions 1 and 2."""
    made = service(name)
    checkout = function(made)
    version(made, "first")
    deploy(checkout, HELLO + "# two\n")
    version(made, "second")
    return made


def protected_alias(of: Service | None = None, **protection: object) -> Alias:
    """alias1 on version 1 of a service with two versions, where any change needs approval of one."""
    made = alias(of or two_versions())
    asked = Protection(**{"when": frozenset({When.ANY})} | protection)
    aliases.protect_alias(act(), made, protection=asked)
    return loaded(made)


def loaded(of: Alias) -> Alias:
    """The alias as it is now, with what operations need of it."""
    return Alias.objects.select_related("service__team", "revision__created_by").get(pk=of.pk)


def change(
    of: Alias, policy: Policy | None = None, *, by: User | None = None, draft: bool = False
) -> ChangeRequest:
    """A request of alice, or somebody else, to send 30% to version 2."""
    setting = Setting(policy=policy or Policy(1, Canary(2, 3000)), reason="try it")
    proposed = Proposed(ChangeRequest.Kind.POLICY, "30% to version 2", setting)
    base = loaded(of).revision
    assert base is not None
    return changes.propose(act(by), of, proposed, base_revision=base.number, draft=draft)


def protection_change(of: Alias, wanted: Protection | None) -> ChangeRequest:
    """A request of alice for another protection of the alias; None for that of its team."""
    now = loaded(of)
    seen = protection_document.digest(query.protection_of(now))
    proposed = Proposed(ChangeRequest.Kind.PROTECTION, "another protection", protection=wanted, seen=seen)
    assert now.revision is not None
    return changes.propose(act(), of, proposed, base_revision=now.revision.number)


def verdict(
    on: ChangeRequest, name: str, given: Verdict = Verdict.APPROVE, comment: str = ""
) -> ChangeRequest:
    """Somebody's verdict on what the request says now."""
    now = query.loaded().get(pk=on.pk)
    seen = query.payload_of(now).digest
    return changes.review(act(user(name)), now, verdict=given, seen=seen, comment=comment)


def approved(of: Alias, policy: Policy | None = None) -> ChangeRequest:
    """A request that bob has approved."""
    return verdict(change(of, policy), "bob")


def alias(
    of: Service,
    name: str = "alias1",
    primary: int = 1,
    canary: int | None = None,
    weight_bp: int = 0,
    *,
    split: policies.Split | None = None,
) -> Alias:
    policy = Policy(primary, Canary(canary, weight_bp) if canary else None, split or policies.Die())
    return aliases.create_alias(act(), of, name=name, setting=Setting(policy=policy))


def storefront() -> Service:
    """A service whose HTTP function is in version 1, which alias1 leads to."""
    shop = service()
    http_function(shop)
    version(shop)
    alias(shop)
    return shop
