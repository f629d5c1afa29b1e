"""Breaking the glass in a browser: told, ratified by somebody else; and what happens when nobody does."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.live import LiveStack

REGION = "cn-hangzhou"
WHY = "checkout answers 500 to everybody since the release"

PEOPLE = """
from django.utils import timezone
from releases.core.policies import Policy
from releases.core.rights import Role
from releases.models import Service, User
from releases.operations import aliases, teams
from releases.operations.audit import Act
admin, shop = User.objects.get(username="admin"), Service.objects.select_related("team").get(name="shop")
act = Act(by=admin, at=timezone.now(), source="command")
teams.set_roles(act, shop.team, admin, list(Role))
berta = User.objects.create_user("berta", password="berta-Passw0rd-9")
teams.set_roles(act, shop.team, berta, [Role.APPROVER])
setting = aliases.Setting(policy=Policy(1))
for name in ("glass", "late"):
    aliases.create_alias(act, shop, name=name, setting=setting)
"""

OVERDUE = """
from releases.models import ChangeRequest
from releases.operations.due import look_after_changes
request = ChangeRequest.objects.get(alias__name="late")
look_after_changes(at=request.ratify_by)
"""

NOTICES = """
import json
from releases.models import Notice
print(json.dumps(list(Notice.objects.filter(to__username="berta").values_list("kind", "text"))))
"""


@pytest.fixture
def admin(live_stack: LiveStack, logged_in: Callable[[], Page]) -> Page:
    shell(live_stack, PEOPLE)
    return logged_in()


def shell(stack: LiveStack, code: str) -> str:
    done = stack.manage("shell", "-v", "0", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_break_glass__told_and_ratified__or_reverted(admin: Page, live_stack: LiveStack) -> None:
    protect(admin, "glass", revert=False)
    address = break_glass(admin, "glass")
    assert [kind for kind, text in told(live_stack) if WHY in text] == ["glass_broken"]
    ratify(admin, live_stack, address)
    protect(admin, "late", revert=True)
    break_glass(admin, "late")
    shell(live_stack, OVERDUE)
    reverted(admin)
    assert "not_ratified" in [kind for kind, _ in told(live_stack)]


def told(stack: LiveStack) -> list[list[str]]:
    found: list[list[str]] = json.loads(shell(stack, NOTICES))
    return found


def protect(page: Page, alias: str, *, revert: bool) -> None:
    page.goto(f"/{REGION}/services/shop/aliases/{alias}/")
    protection = page.locator("#protection")
    expect(protection).to_contain_text("Nothing is asked of a change")
    protection.get_by_role("link", name="Protect").click()
    page.get_by_label("anything changes").check()
    expect(page.locator("#protection-sentence")).to_contain_text("must agree before anything changes.")
    page.get_by_label("Approvals needed").fill("1")
    page.get_by_role("button", name="Add window").click()
    window = page.get_by_role("group", name="Window 1", exact=True)
    expect(page.get_by_label("anything changes")).to_be_checked()
    page.get_by_role("button", name="Save").last.click()
    expect(window).to_contain_text("Choose at least one day.")
    page.get_by_role("button", name="Remove window 1").click()
    if revert:
        page.get_by_label("Otherwise go back to what it was").check()
        expect(page.locator("#protection-sentence")).to_contain_text("or the alias goes back.")
    page.get_by_role("button", name="Save").last.click()
    page.wait_for_url(f"**/aliases/{alias}/")
    expect(protection).to_contain_text("One of two approvers must agree before anything changes.")
    expect(protection).to_contain_text("admin may break the glass.")


def break_glass(page: Page, alias: str) -> str:
    """The address of the change request that it opened."""
    page.get_by_role("link", name="Break the glass").click()
    page.get_by_label("Primary version").select_option("2")
    expect(page.locator("#alias-sentence")).to_contain_text("All calls go to version 2.")
    expect(page.get_by_text("Told at once: berta.")).to_be_visible()
    page.get_by_label("Why it cannot wait").fill("it burns")
    page.get_by_label("I change this alias").check()
    agree(page)
    expect(page.get_by_text("8 of at least 20 characters: say more.")).to_be_visible()
    expect(page.get_by_label("Primary version")).to_have_value("2")
    page.get_by_label("Why it cannot wait").fill(WHY)
    agree(page)
    page.wait_for_url("**/changes/*/")
    expect(page.get_by_text("The glass is broken").first).to_be_visible()
    return page.url


def agree(page: Page) -> None:
    page.get_by_role("button", name="Break the glass").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("go another way at once, before anybody has agreed.")
    dialog.get_by_role("button", name="Break the glass").click()


def ratify(page: Page, stack: LiveStack, address: str) -> None:
    """By berta, in a browser of his own; who broke the glass cannot."""
    browser = page.context.browser
    assert browser
    context = browser.new_context(base_url=stack.console_url)
    berta = context.new_page()
    berta.goto("/")
    berta.get_by_label("Username").fill("berta")
    berta.get_by_label("Password").fill("berta-Passw0rd-9")
    berta.get_by_role("button", name="Log in").click()
    berta.wait_for_url(f"{stack.console_url}/")
    berta.goto(address)
    expect(berta.get_by_text(WHY).first).to_be_visible()
    berta.get_by_role("button", name="Ratify").click()
    dialog = berta.get_by_role("dialog")
    if dialog.is_visible():
        dialog.get_by_role("button", name="Ratify").click()
    expect(berta.get_by_text("ratified it").first).to_be_visible()
    context.close()


def reverted(page: Page) -> None:
    page.goto(f"/{REGION}/services/shop/aliases/late/")
    expect(page.locator("#alias-policy")).to_contain_text("All calls go to version 1.")
    expect(page.locator("#alias-policy")).to_contain_text("was not ratified in time")
