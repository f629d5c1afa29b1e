"""A button whose thing is gone says so; htmx alone would stay silent."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.live import LiveStack

from .conftest import log_in

SERVICE = "/cn-hangzhou/services/shop"


def test_button__alias_deleted_meanwhile__says_that_it_is_gone(
    browser: Browser, live_stack: LiveStack
) -> None:
    with browser.new_context(base_url=live_stack.console_url) as context:
        page, colleague = context.new_page(), context.new_page()
        log_in(page, live_stack)
        page.goto(f"{SERVICE}/alias-create/")
        page.get_by_label("Name").fill("fleeting")
        page.get_by_label("Primary version").select_option("1")
        page.get_by_role("button", name="Create alias").click()
        page.wait_for_url(f"**{SERVICE}/aliases/fleeting/")
        colleague.goto(page.url)
        for person in (colleague, page):
            person.get_by_role("button", name="Delete alias").click()
            person.get_by_role("dialog").get_by_role("button", name="Delete").click()
            person.wait_for_load_state("networkidle")
        expect(colleague.locator("#messages")).to_contain_text("Alias fleeting was deleted")
        expect(page.locator("#messages")).to_contain_text("Not found. There is no such page")
