"""A second person comes by a link, and the console shows each what they may do."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.live import LiveStack

SERVICE = "/cn-hangzhou/services/shop"


def test_invitation__viewer__joins_sees_and_may_not_touch(
    browser: Browser, live_stack: LiveStack, logged_in: Callable[[], Page]
) -> None:
    admin = logged_in()
    link = invited(admin, "Viewer")
    with browser.new_context(base_url=live_stack.console_url) as context:
        vera = context.new_page()
        vera.goto(link)
        vera.get_by_label("Username").fill("vera")
        vera.get_by_label("Password", exact=False).first.fill("vera-Passw0rd")
        vera.get_by_label("Password again").fill("vera-Passw0rd")
        vera.get_by_role("button", name="Make an account and join").click()
        expect(vera.locator("#messages")).to_contain_text("Welcome, vera")

        vera.goto(f"{SERVICE}/aliases/alias1/")
        expect(vera.get_by_role("button", name="Switch all traffic")).to_be_disabled()
        vera.locator(".barred", has_text="Switch all traffic").focus()
        expect(vera.locator(".barred:focus")).to_contain_text("that needs admin or releaser")

        admin.goto("/teams/")
        admin.get_by_role("link", name="default").click()
        admin.get_by_role("link", name="Roles of vera").click()
        admin.get_by_label("Releaser").check()
        admin.get_by_role("button", name="Save roles").click()
        vera.reload()
        expect(vera.get_by_role("button", name="Switch all traffic")).to_be_enabled()

        admin.get_by_role("button", name="Remove vera").click()
        admin.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(admin.locator("#messages")).to_contain_text("vera is no longer in default")
        vera.reload()
        expect(vera.get_by_role("heading", name="Not found")).to_be_visible()
        vera.goto(link)
        expect(vera.get_by_text("This invitation has been used")).to_be_visible()


def test_sessions__other_browser__is_logged_out(logged_in: Callable[[], Page]) -> None:
    here, there = logged_in(), logged_in()
    here.goto("/account/sessions/")
    here.get_by_role("button", name="Log out everywhere else").click()
    here.get_by_role("dialog").get_by_role("button", name="Log out everywhere else").click()
    expect(here.locator("#messages")).to_contain_text("ended")
    there.goto("/teams/")
    expect(there.get_by_role("button", name="Log in")).to_be_visible()


def invited(admin: Page, role: str) -> str:
    """The link of a new invitation of the first team."""
    admin.goto("/teams/")
    admin.get_by_role("link", name="default").click()
    admin.get_by_role("link", name="Invite by link").click()
    admin.get_by_label(role).check()
    admin.get_by_role("button", name="Make the link").click()
    return admin.locator("#new-link .code").inner_text()
