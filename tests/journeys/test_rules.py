"""A canary by rule, as its user builds, mends, tries and saves it in the panel."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

REGION = "cn-hangzhou"
SHOP = f"/{REGION}/services/shop"  # the sample: two versions of an event function
PANEL = f"{SHOP}/aliases/prod/edit/"


@pytest.fixture
def page(logged_in: Callable[[], Page]) -> Page:
    return logged_in()


def test_panel__two_rules__are_built_linted_tried_and_saved(page: Page) -> None:
    create_alias(page)
    first_rule(page)
    second_rule(page)
    sentence_and_lint_follow(page)
    remove_a_third(page)
    try_requests(page)
    bad_value_is_told_and_mended(page)
    save(page)
    without_a_script(page)


def create_alias(page: Page) -> None:
    page.goto(f"{SHOP}/alias-create/")
    page.get_by_label("Name").fill("prod")
    page.get_by_label("Primary version").select_option("1")
    page.get_by_role("button", name="Create alias").click()
    page.wait_for_url("**/aliases/prod/")


def rule(page: Page, number: int) -> Locator:
    return page.get_by_role("group", name=f"Rule {number}", exact=True)


def first_rule(page: Page) -> None:
    page.goto(PANEL)
    expect(page.get_by_label("By rule")).to_be_hidden()
    page.get_by_label("Enable canary").check()
    page.get_by_label("Canary version").select_option("2")
    expect(rule(page, 1)).to_be_hidden()
    page.get_by_label("By rule").check()
    expect(page.get_by_label("Weight of the canary")).to_be_hidden()
    expect(page.get_by_text("Event calls go to the primary version.")).to_be_visible()
    rule(page, 1).get_by_label("Parameter", exact=True).fill("x-age")
    rule(page, 1).get_by_label("Condition").select_option(">=")
    rule(page, 1).get_by_label("Value").fill("18")


def second_rule(page: Page) -> None:
    page.get_by_role("button", name="Add rule").click()
    second = rule(page, 2)
    expect(second.get_by_label("Parameter", exact=True)).to_be_focused()
    expect(rule(page, 1).get_by_label("Value")).to_have_value("18")
    second.get_by_label("Parameter type").select_option("Cookie")
    second.get_by_label("Parameter", exact=True).fill("group")
    second.get_by_label("Condition").select_option("in")
    expect(second.get_by_label("Compare as")).to_be_hidden()
    second.get_by_label("Value").fill("beta, staff")


def sentence_and_lint_follow(page: Page) -> None:
    sentence, lint = page.locator("#alias-sentence"), page.locator("#alias-lint")
    expect(sentence).to_contain_text(
        "HTTP calls whose header x-age is at least “18” and whose cookie group is one of “beta”, “staff” "
        "go to version 2, all others to version 1."
    )
    expect(lint).to_contain_text("compares as text, where 10 sorts before 9.")
    expect(lint).to_contain_text("Compare as a number.")
    expect(lint).to_contain_text("Rules act on calls of HTTP functions, and this service has none")
    rule(page, 1).get_by_label("Compare as").select_option("number")
    expect(lint).not_to_contain_text("compares as text")
    page.get_by_label("Meet any").check()
    expect(sentence).to_contain_text("as a number or whose cookie")


def remove_a_third(page: Page) -> None:
    page.get_by_role("button", name="Add rule").click()
    rule(page, 3).get_by_label("Parameter", exact=True).fill("gone")
    page.get_by_role("button", name="Remove rule 3").click()
    expect(rule(page, 3)).to_have_count(0)
    expect(page.get_by_role("button", name="Add rule")).to_be_focused()
    expect(page.get_by_label("Meet any")).to_be_checked()


def try_requests(page: Page) -> None:
    tester = page.locator("#alias-tester")
    tester.get_by_label("Headers").fill("X-Age: 9")
    tester.get_by_label("Cookies").fill("group=staff")
    tester.get_by_role("button", name="Test this request").click()
    expect(tester).to_contain_text("To the canary, version 2: a rule is met.")
    expect(tester.get_by_role("listitem").nth(0)).to_contain_text("false")
    expect(tester.get_by_role("listitem").nth(0)).to_contain_text("had “9”")
    expect(tester.get_by_role("listitem").nth(1)).to_contain_text("true")
    tester.get_by_label("Event call").check()
    tester.get_by_role("button", name="Test this request").click()
    expect(tester).to_contain_text("an event call goes to the primary version, 1.")
    expect(tester.get_by_label("Headers")).to_have_value("X-Age: 9")


def bad_value_is_told_and_mended(page: Page) -> None:
    second = rule(page, 2)
    second.get_by_label("Condition").select_option("percent")
    second.get_by_label("Value").fill("3.5")
    # Enter in a field saves: it presses neither Add rule nor Remove.
    second.get_by_label("Value").press("Enter")
    expect(second).to_contain_text("The percentage must be a whole number from 1 to 100.")
    expect(second.get_by_label("Value")).to_have_value("3.5")
    second.get_by_label("Value").fill("35")


def save(page: Page) -> None:
    page.get_by_label("Reason for this change").fill("Adults, and a third of the groups")
    page.get_by_role("button", name="Save as a new revision").click()
    page.wait_for_url("**/aliases/prod/")
    revision = page.get_by_role("row").filter(has_text="Adults, and a third of the groups")
    expect(revision).to_contain_text("whose header x-age is at least “18” as a number")
    expect(revision).to_contain_text("whose cookie group is among 35% of its values go to version 2")
    expect(page.get_by_text("calls that meet its rules").first).to_be_visible()


def without_a_script(page: Page) -> None:
    """The same buttons in a browser that runs no script."""
    browser = page.context.browser
    assert browser
    state = page.context.storage_state()
    origin = page.url.partition(f"/{REGION}/")[0]
    context = browser.new_context(base_url=origin, storage_state=state, java_script_enabled=False)
    plain = context.new_page()
    plain.goto(PANEL)
    plain.get_by_role("button", name="Add rule").click()
    rule(plain, 3).get_by_label("Parameter", exact=True).fill("debug")
    plain.get_by_role("button", name="Remove rule 1").click()
    expect(rule(plain, 2).get_by_label("Parameter", exact=True)).to_have_value("debug")
    plain.get_by_role("button", name="Remove rule 2").click()
    plain.get_by_label("Cookies").fill("other=1")
    plain.get_by_role("button", name="Test this request").click()
    expect(plain.locator("#alias-tester")).to_contain_text("To the primary, version 1: no rule is met.")
    context.close()
