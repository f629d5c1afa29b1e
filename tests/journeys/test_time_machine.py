"""Somebody moved the traffic: what served when, what differs, back to it, and why a call went where."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

SHOP = "/cn-hangzhou/services/shop"
ALIAS = f"{SHOP}/aliases/machine/"
SPLIT = "70% of calls go to version 1, 30% to version 2."


@pytest.fixture
def page(logged_in: Callable[[], Page]) -> Page:
    return logged_in()


def test_time_machine__after_two_changes__tells_compares_and_brings_back(page: Page) -> None:
    create_alias(page)
    give_30_percent_to_version_2(page)
    call_it(page)
    switch_all_in_a_later_second(page)
    ask_what_served_before_the_switch(page)
    compare_the_first_two(page)
    restore_the_split(page)
    read_why_the_call_went_where_it_went(page)


def create_alias(page: Page) -> None:
    page.goto(f"{SHOP}/alias-create/")
    page.get_by_label("Name").first.fill("machine")
    page.get_by_label("Primary version").select_option("1")
    page.get_by_role("button", name="Create alias").click()
    page.wait_for_url(f"**{ALIAS}")


def give_30_percent_to_version_2(page: Page) -> None:
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Enable canary").check()
    page.get_by_label("Canary version").select_option("2")
    page.get_by_label("Weight of the canary").fill("30")
    page.get_by_label("Reason for this change").fill("Try version 2")
    page.get_by_role("button", name="Save as a new revision").click()
    page.wait_for_url(f"**{ALIAS}")
    expect(page.get_by_text(SPLIT).first).to_be_visible()


def call_it(page: Page) -> None:
    page.goto(f"{SHOP}/functions/checkout/test/?qualifier=machine")
    page.get_by_role("button", name="Test function").click()
    expect(page.locator("#function-result")).to_contain_text("Succeeded")


def switch_all_in_a_later_second(page: Page) -> None:
    """The question is asked in whole seconds, so revision 2 must have served at the start of one."""
    page.goto(ALIAS)
    set_at = page.locator("#alias-policy time").get_attribute("datetime")
    page.wait_for_function("at => Date.now() >= Date.parse(at) + 1000", arg=set_at)
    page.get_by_role("button", name="Switch all traffic to version 2").click()
    page.locator("#confirm").get_by_role("button", name="Switch").click()
    expect(page.get_by_text("There is no canary to switch to.")).to_be_visible()


def revision(page: Page, number: int) -> Locator:
    return page.locator("#alias-history tbody tr").filter(
        has=page.get_by_role("link", name=str(number), exact=True)
    )


def ask_what_served_before_the_switch(page: Page) -> None:
    page.get_by_role("link", name="All revisions").click()
    page.wait_for_url(f"**{ALIAS}history/")
    expect(revision(page, 3)).to_contain_text("The primary version is now 2 (was 1).")
    expect(revision(page, 2)).to_contain_text("“Try version 2”")
    switched = revision(page, 3).locator("time").get_attribute("datetime") or ""
    page.get_by_label("Date and time").fill(switched[:19])
    page.get_by_role("button", name="Look").click()
    answer = page.locator("#what-served").get_by_role("status")
    expect(answer).to_contain_text("revision 2.")
    expect(answer).to_contain_text(SPLIT)
    page.get_by_label("Date and time").fill("2001-01-01T00:00:00")
    page.get_by_role("button", name="Look").click()
    expect(answer).to_contain_text("The alias was created only at")


def compare_the_first_two(page: Page) -> None:
    page.get_by_label("from revision 1", exact=True).check()
    page.get_by_label("to revision 2", exact=True).check()
    page.get_by_role("button", name="Compare the two").click()
    page.wait_for_url(re.compile(r"/compare/\?b=2&a=1$"))
    weight = page.get_by_role("row").filter(has_text="Weight")
    expect(weight).to_contain_text("30%")
    expect(weight).to_contain_text("changed")
    expect(page.get_by_role("row").filter(has_text="Primary version")).to_contain_text("same")


def restore_the_split(page: Page) -> None:
    side = page.locator(".sides section").filter(has_text="Revision 2")
    side.get_by_text("Restore revision 2").first.click()
    side.get_by_label("Reason").fill("Version 2 alone was too much")
    side.get_by_role("button", name="Restore revision 2").click()
    dialog = page.locator("#confirm")
    expect(dialog).to_contain_text(f"{SPLIT} Now: All calls go to version 2.")
    dialog.get_by_role("button", name="Restore").click()
    page.wait_for_url(f"**{ALIAS}")
    expect(page.locator("#alias-policy")).to_contain_text("Revision 4")
    expect(page.locator("#alias-policy")).to_contain_text("Version 2 alone was too much")
    expect(page.get_by_text(SPLIT).first).to_be_visible()


def read_why_the_call_went_where_it_went(page: Page) -> None:
    page.goto(f"{SHOP}/functions/checkout/invocations/")
    page.get_by_label("Alias", exact=True).select_option("machine")
    page.get_by_role("button", name="Filter").click()
    page.wait_for_url(re.compile(r"\balias=machine\b"))
    page.get_by_role("link", name=re.compile("^draw ")).click()
    why = page.locator("#why")
    expect(why).to_contain_text("Why this version?")
    expect(why).to_contain_text(re.compile(r"(true|false)\s*The draw \d+\.\d{4}% is below the weight 30%"))
    expect(why).to_contain_text(re.compile(r"To the (primary, version 1|canary, version 2)\."))
    expect(why.get_by_role("link", name="revision 2")).to_be_visible()
