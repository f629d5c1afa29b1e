"""A percent rule, verified at volume: every key that a run draws falls on the side that its hash says."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from invocations.drawn import Keys, Spread
from releases.core.buckets import bucket
from tests.live import LiveStack

SERVICE = "/cn-hangzhou/services/keys"
INVOCATIONS = 2000
SEED = """
from django.utils import timezone
from invocations.engine.packages import pack
from releases.core.policies import Canary, Policy
from releases.core.rules import Combiner, Rules, make_rule
from releases.models import Team, User
from releases.operations import aliases, catalog, versions
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.catalog import Configuration

def package(answer):
    text = (
        "def handler(environ, start_response):\\n"
        "    start_response('200 OK', [('Content-Type', 'text/plain')])\\n"
        "    return [b'" + answer + "']\\n"
    )
    return pack({"index.py": text.encode()})

act = Act(by=User.objects.get(username="admin"), at=timezone.now(), source="command")
team = Team.objects.get(name="default")
service = catalog.create_service(act, region="cn-hangzhou", name="keys", team=team)
http = Configuration(runtime="python3", handler="index.handler", type="http")
web = catalog.create_function(act, service, name="web", configuration=http, package=package("one"))
versions.publish(act, service, description="first")
catalog.deploy_code(act, web, package=package("two"), base_digest=None)
versions.publish(act, service, description="second")
rules = Rules(Combiner.ALL, (make_rule("Header", "x-uid", "percent", "20"),))
setting = Setting(policy=Policy(1, Canary(2, 100), rules))
alias = aliases.create_alias(act, service, name="alias1", setting=setting)
print("salt", alias.salt)
"""


def test_run__percent_rule_and_zipf_keys__sends_each_key_where_it_belongs(
    live_stack: LiveStack, logged_in: Callable[[], Page]
) -> None:
    seeded = live_stack.manage("shell", "-v", "0", "-c", SEED)
    assert seeded.returncode == 0, seeded.stderr
    salt = seeded.stdout.partition("salt ")[2].strip()
    page = logged_in()
    run = start(page)
    expect(page.locator("#testrun-progress")).to_contain_text("2,000 of 2,000", timeout=120_000)
    expect(page.locator("#testrun-progress")).to_contain_text(re.compile(r"Errors\s*0 of 2,000"))
    key = Keys(500, Spread.ZIPF).drawn(f"{run}:0", str.encode)
    canary = sum(bucket(salt, key(index).decode()) < 2000 for index in range(INVOCATIONS))
    assert 0 < canary < INVOCATIONS
    assert counted(page, "Version 2") == canary
    assert counted(page, "Version 1") == INVOCATIONS - canary
    again(page)


def start(page: Page) -> int:
    """Fill in and start the run as its user does; its number."""
    page.goto(f"{SERVICE}/aliases/alias1/")
    page.get_by_role("link", name="Run a test").click()
    page.get_by_label("Function").select_option("web")
    drawn = page.get_by_role("group", name="Drawn attribute 1")
    expect(drawn.get_by_label("Name")).to_have_value("x-uid")
    drawn.get_by_label("Keys").fill("500")
    drawn.get_by_label("Spread").select_option("Zipf")
    page.get_by_role("button", name="Add attribute").click()
    page.get_by_role("button", name="Start").last.click()
    expect(page.get_by_text("The header needs a name.")).to_be_visible()
    page.get_by_role("button", name="Remove attribute 2").click()
    expect(page.get_by_role("group", name="Drawn attribute 2")).to_have_count(0)
    page.get_by_label("Invocations").fill(str(INVOCATIONS))
    page.get_by_role("button", name="Start").last.click()
    page.wait_for_url(re.compile(r"/test-runs/\d+/$"))
    expect(page.get_by_text("header x-uid: Zipf from 500 distinct keys, user-1 to user-500")).to_be_visible()
    return int(page.url.rstrip("/").rpartition("/")[2])


def counted(page: Page, version: str) -> int:
    """The calls that this version answered, once the run's last look has come in."""
    expect(page.locator("#testrun-split[hx-trigger]")).to_have_count(0, timeout=30_000)
    row = page.locator("#testrun-split tr", has=page.get_by_text(version, exact=True)).last
    return int(row.locator("td").nth(1).inner_text().replace(",", ""))


def again(page: Page) -> None:
    """The same request is offered once more."""
    page.get_by_role("link", name="Run again").click()
    drawn = page.get_by_role("group", name="Drawn attribute 1")
    expect(drawn.get_by_label("Name")).to_have_value("x-uid")
    expect(drawn.get_by_label("Keys")).to_have_value("500")
    expect(drawn.get_by_label("Spread")).to_have_value("Zipf")
