"""Where htmx alone would stay silent or deaf."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.live import LiveStack

from .conftest import log_in

SERVICE = "/cn-hangzhou/services/shop"
# Types into the weight as soon as the browser has put the refused form in place of the old one.
TYPE_AT_ONCE = """weight => new Promise((done, lost) => {
  const find = () => document.querySelector('#alias-form [name=weight]')
  const old = find()
  setTimeout(() => lost(new Error('no other form came')), 10000)
  new MutationObserver((_, observer) => {
    const field = find()
    if (!field || field === old) return
    observer.disconnect()
    field.value = weight
    field.dispatchEvent(new Event('input', {bubbles: true}))
    done()
  }).observe(document.body, {childList: true, subtree: true})
})"""


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


def test_form__typed_into_as_soon_as_it_was_swapped_in__listens(
    browser: Browser, live_stack: LiveStack
) -> None:
    with browser.new_context(base_url=live_stack.console_url) as context:
        page = context.new_page()
        log_in(page, live_stack)
        page.goto(f"{SERVICE}/aliases/alias1/edit/")
        page.get_by_label("Weight of the canary").fill("130")
        page.evaluate(f"void (window.typed = ({TYPE_AT_ONCE})('42'))")
        page.get_by_role("button", name="Save as a new revision").click()
        page.evaluate("window.typed")
        expect(page.locator("#alias-sentence")).to_contain_text("42% to version 2")
