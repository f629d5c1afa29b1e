"""Three people and one protected alias: proposed, objected to, edited, approved, applied; and a freeze."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.live import LiveStack

from .conftest import password_of

REGION = "/cn-hangzhou"
PEOPLE = {"alice": ["developer", "releaser"], "bob": ["approver"], "charlie": []}
SEED = """
from django.utils import timezone
from invocations.engine.packages import pack
from releases.core.policies import Canary, Policy
from releases.core.protections import Protection, When
from releases.core.rights import Role
from releases.models import User
from releases.operations import aliases, catalog, teams, versions
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.catalog import Configuration

act = Act(by=User.objects.get(username="admin"), at=timezone.now(), source="command")
team = teams.create_team(act, name="{service}-team")
for name, roles in {people!r}.items():
    user = User.objects.filter(username=name).first()
    if user is None:
        user = User.objects.create_user(name, password={passwords!r}[name])
    teams.set_roles(act, team, user, [Role(role) for role in roles])
service = catalog.create_service(act, region="cn-hangzhou", name="{service}", team=team)
event = Configuration(runtime="python3", handler="index.handler")
code = "def handler(event, context):\\n    return context.service.version_id + '{{}}'\\n"
package = [pack({{"index.py": code.format(n).encode()}}) for n in (1, 2)]
function = catalog.create_function(act, service, name="checkout", configuration=event, package=package[0])
versions.publish(act, service, description="first")
catalog.deploy_code(act, function, package=package[1], base_digest=None)
versions.publish(act, service, description="second")
setting = Setting(policy=Policy(1, Canary(2, 3000)))
alias = aliases.create_alias(act, service, name="prod", setting=setting)
aliases.protect_alias(act, alias, protection=Protection(when=frozenset({{When.ANY}})))
"""
PROTECT = """
from datetime import timedelta
from django.db import transaction
from django.utils import timezone
from releases.core.protections import Freeze, Protection, When
from releases.models import Alias, ChangeRequest, User
from releases.operations import aliases
from releases.operations.audit import Act

now = timezone.now()
act = Act(by=User.objects.get(username="admin"), at=now, source="command")
alias = Alias.objects.select_related("service__team", "revision").get(service__name="{service}")
freezes = (Freeze(now, now + timedelta(hours=1), "the fair"),) if {frozen} else ()
with transaction.atomic():
    aliases.protect(act, alias, Protection(when=frozenset({{When.ANY}}), freezes=freezes))
if not freezes:
    ChangeRequest.objects.filter(alias=alias, status="scheduled").update(next_look_at=now)
"""


def shell(stack: LiveStack, code: str) -> None:
    done = stack.manage("shell", "-v", "0", "-c", code)
    assert done.returncode == 0, done.stderr


def seed(stack: LiveStack, service: str) -> None:
    """A team with its people, and its service with the protected alias prod: 30% go to version 2."""
    passwords = {name: password_of(name) for name in PEOPLE}
    shell(stack, SEED.format(service=service, people=PEOPLE, passwords=passwords))


def test_change__three_people__moves_traffic_only_when_all_agreed(
    live_stack: LiveStack, logged_in: Callable[..., Page]
) -> None:
    service = "agreed"
    seed(live_stack, service)
    alice, bob, charlie = (logged_in(name) for name in PEOPLE)
    change = propose(alice, service, weight="60")
    asks_for_changes(bob, alice)
    edit(alice, bob)
    approve(bob, alice)
    sees_nothing(charlie, service, change)
    apply(alice)
    look_at_the_alias(alice, service, change)
    sees_nothing(charlie, service, change)


def propose(page: Page, service: str, *, weight: str) -> str:
    """By the panel that changes other aliases at once; the number of the request."""
    page.goto(f"{REGION}/services/{service}/aliases/prod/edit/")
    expect(page.get_by_role("button", name="Save as a new revision")).to_be_visible()
    page.get_by_label("Weight of the canary").fill(weight)
    expect(page.locator("#alias-requirement")).to_contain_text("Can give it: bob.")
    page.get_by_label("Title").fill(f"Canary to {weight}%")
    page.get_by_role("button", name="Propose change").click()
    page.wait_for_url(re.compile(r"/changes/\d+/$"))
    expect(page.locator("#change-state")).to_contain_text("In review")
    expect(page.get_by_role("button", name="Apply now")).to_be_disabled()
    return page.url.rstrip("/").rpartition("/")[2]


def asks_for_changes(page: Page, author: Page) -> None:
    page.goto(f"{REGION}/changes/?show=review")
    page.get_by_role("link", name="Canary to 60%").click()
    expect(page.locator("#change-diff")).to_contain_text("40% of calls go to version 1, 60% to version 2.")
    page.get_by_role("button", name="Request changes").click()
    expect(page.locator("#change-refusal")).to_contain_text("Say what should change")
    page.get_by_label("Comment").first.fill("60 is much at once. Take 50?")
    page.get_by_role("button", name="Request changes").click()
    expect(page.locator("#change-state")).to_contain_text("Changes requested")
    # Her page finds out by itself.
    expect(author.locator("#change-state")).to_contain_text("Bob asks for changes.")
    expect(author.locator("#change-talk")).to_contain_text("Take 50?")


def edit(page: Page, reviewer: Page) -> None:
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Weight of the canary").fill("50")
    page.get_by_label("Title").fill("Canary to 50%")
    page.get_by_role("button", name="Save the edit").click()
    page.wait_for_url(re.compile(r"/changes/\d+/$"))
    expect(page.locator("#change-state")).to_contain_text("In review")
    expect(page.locator("#change-talk")).to_contain_text("Verdicts of payload 1 are void.")
    expect(reviewer.locator("#change-state")).to_contain_text("It was edited since you opened this page.")


def approve(page: Page, author: Page) -> None:
    """The button of the page that he has open counts nothing; that of payload 2 does."""
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#change-refusal")).to_contain_text("was edited since you opened it")
    page.get_by_role("link", name="Look at payload 2").click()
    expect(page.locator("#change-diff")).to_contain_text("50% of calls go to version 1, 50% to version 2.")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#change-state")).to_contain_text("Approved")
    expect(author.locator("#change-state")).to_contain_text("Approved")


def apply(page: Page) -> None:
    page.get_by_role("button", name="Apply now").click()
    question = page.get_by_role("dialog", name="Apply this change?")
    expect(question).to_contain_text("50% of calls go to version 1, 50% to version 2. Now: 70%")
    question.get_by_role("button", name="Apply now").click()
    expect(page.locator("#change-state")).to_contain_text("Applied by alice")


def look_at_the_alias(page: Page, service: str, change: str) -> None:
    """The request stands at the revision it made, and the chart marks it once there are calls."""
    page.goto(f"{REGION}/services/{service}/functions/checkout/test/?qualifier=prod")
    page.get_by_role("button", name="Test function").click()
    expect(page.locator("#function-result")).to_contain_text("Succeeded")
    page.goto(f"{REGION}/services/{service}/aliases/prod/")
    row = page.locator("#alias-revisions tr", has_text=f"Change request {change}")
    expect(row).to_contain_text("50% of calls go to version 1, 50% to version 2.")
    # The page may be quicker than the recorder: then its next look, ten seconds on, draws the chart.
    chart = page.locator("#alias-traffic .chart").locator("canvas, svg").first
    expect(chart).to_be_visible(timeout=20_000)
    page.get_by_text("2 changes within the window").click()
    expect(page.locator("#alias-changes")).to_contain_text("50% to version 2.")


def sees_nothing(page: Page, service: str, change: str) -> None:
    """Somebody of no team: neither the request nor anything around it exists."""
    ask = page.context.request
    for path in (
        f"changes/{change}/",
        f"changes/{change}/state/",
        f"changes/{change}/edit/",
        f"services/{service}/aliases/prod/",
        f"services/{service}/aliases/prod/edit/",
    ):
        assert ask.get(f"{REGION}/{path}").status == 404
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")
    posted = ask.post(f"{REGION}/changes/{change}/apply/", headers={"x-csrftoken": token or ""})
    assert posted.status == 404
    assert "Canary to" not in ask.get(f"{REGION}/changes/?show=all").text()


def test_change__scheduled_into_a_freeze__waits_loudly_and_is_applied_afterwards(
    live_stack: LiveStack, logged_in: Callable[..., Page]
) -> None:
    seed(live_stack, "frozen")
    alice, bob = logged_in("alice"), logged_in("bob")
    change = propose(alice, "frozen", weight="40")
    bob.goto(f"{REGION}/changes/{change}/")
    bob.get_by_role("button", name="Approve").click()
    expect(alice.locator("#change-state")).to_contain_text("Approved")
    alice.get_by_text("Schedule", exact=True).click()
    due = datetime.now(UTC) + timedelta(seconds=15)
    alice.get_by_label("Apply at").fill(f"{due:%Y-%m-%dT%H:%M:%S}")
    alice.get_by_label("Time zone").fill("UTC")
    alice.get_by_role("button", name="Schedule it").click()
    expect(alice.locator("#change-state")).to_contain_text("To be applied at")
    shell(live_stack, PROTECT.format(service="frozen", frozen=True))
    expect(alice.locator("#change-state")).to_contain_text("could not be applied", timeout=60_000)
    expect(alice.locator("#change-state")).to_contain_text("the fair")
    expect(bob.locator("#change-talk")).to_contain_text("could not be applied")
    shell(live_stack, PROTECT.format(service="frozen", frozen=False))
    expect(alice.locator("#change-state")).to_contain_text("Applied by alice", timeout=60_000)
