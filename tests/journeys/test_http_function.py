"""An HTTP function from its creation to a call through an alias, as its user does it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

SERVICE = "/cn-hangzhou/services/web"
FUNCTION = f"{SERVICE}/functions/pages"


@pytest.fixture
def page(logged_in: Callable[[], Page]) -> Page:
    return logged_in()


def test_http_function__from_its_creation_to_a_call_through_an_alias__as_the_user_does_it(page: Page) -> None:
    create_service(page)
    create_http_function(page)
    answer_with_header_and_cookie(page)
    bad_header_is_told_in_place(page)
    publish(page)
    create_alias(page)
    call_through_the_alias(page)
    let_anybody_call_the_alias(page)
    delete_the_trigger(page)


def create_service(page: Page) -> None:
    page.goto("/cn-hangzhou/services/new/")
    page.get_by_label("Name").fill("web")
    page.get_by_role("button", name="Create service").click()
    page.get_by_role("link", name="Create function").first.click()


def create_http_function(page: Page) -> None:
    page.get_by_label("Name").first.fill("pages")
    expect(page.get_by_label("Make it answer under an address")).to_be_hidden()
    page.get_by_label("HTTP function").check()
    expect(page.get_by_label("Make it answer under an address")).to_be_checked()
    page.get_by_label("PUT").check()
    page.get_by_role("button", name="Create function").click()
    expect(page.locator(".cm-content")).to_contain_text("start_response")
    page.get_by_role("link", name="Triggers", exact=True).click()
    row = page.get_by_role("row").filter(has_text="LATEST")
    expect(row).to_contain_text("GET, POST, PUT")
    expect(row).to_contain_text("Requests signed with an access key.")


def answer_with_header_and_cookie(page: Page) -> None:
    page.get_by_role("link", name="Code", exact=True).click()
    text = page.locator("textarea[name=text]").input_value()
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    told = "asked = f\"tier {environ['HTTP_X_TIER']}, {environ['HTTP_COOKIE']}, {environ['QUERY_STRING']}\""
    text = re.sub(r"asked = .*", told.replace("\\", ""), text)
    page.keyboard.insert_text(text.replace('return [f"{service', 'return [f"{asked}; {service'))
    page.get_by_role("button", name="Deploy code").click()
    expect(page.get_by_text("Deployed to LATEST.")).to_be_visible()
    page.get_by_role("link", name="Test", exact=True).click()
    result = send(page)
    expect(result).to_contain_text("200 OK")
    expect(result).to_contain_text("tier gold, uid=7, a=1&b=x%20y; LATEST is served by version LATEST")
    expect(result).to_contain_text(re.compile("content-type: text/plain", re.IGNORECASE))
    expect(result).to_contain_text("FC Invoke End RequestId")


def send(page: Page) -> Locator:
    page.get_by_label("Method").select_option("PUT")
    page.get_by_label("Path").fill("cart")
    page.get_by_label("Query").fill("a=1\nb=x y")
    page.get_by_label("Headers").fill("X-Tier: gold")
    page.get_by_label("Cookies").fill("uid=7")
    page.get_by_role("button", name="Test function").click()
    result = page.locator("#function-result")
    expect(result).to_contain_text("Request id")
    return result


def bad_header_is_told_in_place(page: Page) -> None:
    page.get_by_label("Headers").fill("no colon")
    page.get_by_role("button", name="Test function").click()
    expect(page.locator("#function-result")).to_contain_text("Line 1 has no “:”.")


def publish(page: Page) -> None:
    page.goto(f"{SERVICE}/versions/")
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("link", name="Version 1", exact=True)).to_be_visible()


def create_alias(page: Page) -> None:
    page.goto(f"{SERVICE}/alias-create/")
    page.get_by_label("Name").fill("live")
    page.get_by_label("Primary version").select_option("1")
    page.get_by_role("button", name="Create alias").click()
    page.wait_for_url("**/aliases/live/")


def call_through_the_alias(page: Page) -> None:
    page.goto(f"{FUNCTION}/test/?qualifier=live")
    result = send(page)
    expect(result).to_contain_text("live is served by version 1")
    expect(result).to_contain_text(re.compile(r"Called as\s*live"))
    expect(result).to_contain_text(re.compile(r"Alias revision\s*1"))
    expect(result.get_by_role("link", name="Why this version?")).to_be_visible()


def let_anybody_call_the_alias(page: Page) -> None:
    page.goto(f"{FUNCTION}/triggers/")
    page.get_by_role("link", name="Create trigger").click()
    page.get_by_label("Name").fill("open")
    page.get_by_role("combobox", name="Version or alias").select_option("live")
    page.get_by_label("Anonymous").check()
    page.get_by_role("button", name="Create trigger").click()
    row = page.get_by_role("row").filter(has_text="live")
    expect(row).to_contain_text("Anybody who reaches the gateway may call it.")
    address = row.get_by_role("link").first.get_attribute("href")
    answer = page.request.get(f"{address}?a=1", headers={"X-Tier": "tin", "Cookie": "uid=8"})
    assert answer.status == 200
    assert answer.text() == "tier tin, uid=8, a=1; live is served by version 1\n"
    assert answer.headers["x-fc-invocation-service-version"] == "1"


def delete_the_trigger(page: Page) -> None:
    address = page.get_by_role("row").filter(has_text="live").get_by_role("link").first.get_attribute("href")
    page.get_by_role("button", name="Delete trigger open").click()
    page.locator("#confirm").get_by_role("button", name="Delete trigger").click()
    expect(page.get_by_text("Trigger open was deleted.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="live")).to_have_count(0)
    assert page.request.get(str(address)).status >= 400
