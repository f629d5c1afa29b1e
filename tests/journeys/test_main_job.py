"""From an empty region to an observed traffic split: the job this product exists for, as its user does it."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

REGION = "ap-southeast-1"
INVOCATIONS = 2000


@pytest.fixture
def page(logged_in: Callable[[], Page]) -> Page:
    return logged_in()


def test_canary__from_an_empty_region_to_an_observed_split__as_the_user_does_it(
    page: Page, logged_in: Callable[[], Page]
) -> None:
    switch_region(page)
    create_service(page)
    create_function(page)
    deploy_and_test_latest(page)
    publish(page, "first", number=1)
    look_at_version_1(page)
    create_alias(page)
    change_code_and_publish_version_2(page)
    split_70_30(page)
    second_editor_is_told(page, logged_in())
    run_the_test(page)
    look_at_the_split(page)
    look_at_the_alias(page)
    version_in_use_stays(page)
    switch_all_then_roll_back(page)
    restore_the_split(page)


def menu(page: Page, label: str) -> None:
    page.get_by_role("navigation", name="Main").locator("visible=true").get_by_role(
        "link", name=label
    ).click()


def switch_region(page: Page) -> None:
    page.get_by_label("Region: cn-hangzhou").click()
    page.get_by_role("navigation", name="Region").get_by_role("link", name=REGION).click()
    page.wait_for_url(f"**/{REGION}/services/")
    expect(page.get_by_text("No services here yet")).to_be_visible()


def create_service(page: Page) -> None:
    page.get_by_role("link", name="Create service").first.click()
    page.get_by_label("Name").fill("1shop")
    page.get_by_role("button", name="Create service").click()
    expect(page.get_by_text("ServiceName doesn't match expected format")).to_be_visible()
    page.get_by_label("Name").fill("shop")
    page.get_by_label("Description").fill("The shop")
    page.get_by_role("button", name="Create service").click()
    expect(page.get_by_role("heading", name="shop")).to_be_visible()


def create_function(page: Page) -> None:
    page.get_by_role("link", name="Create function").first.click()
    page.get_by_label("Name").first.fill("checkout")
    page.get_by_label("Environment variables").fill("SHOP_CURRENCY=CNY")
    page.get_by_role("button", name="Create function").click()
    expect(page.get_by_role("heading", name="checkout")).to_be_visible()
    expect(page.locator(".cm-content")).to_contain_text("context.service")


def edit(page: Page, old: str, new: str) -> None:
    """Change the code in the editor as a person would: select all, and type what it shall be."""
    text = page.locator("textarea[name=text]").input_value()
    assert old in text
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text.replace(old, new))
    # The text below stands there as soon as it is typed; who goes on too early cancels the deploy.
    with page.expect_response("**/deploy/"):
        page.get_by_role("button", name="Deploy code").click()
    expect(page.locator(".cm-content")).to_contain_text(new.splitlines()[0])


def deploy_and_test_latest(page: Page) -> None:
    edit(page, "def handler(event, context):", "GREETING = 'one'\n\n\ndef handler(event, context):")
    page.get_by_role("link", name="Test", exact=True).click()
    result = run_function(page)
    expect(result).to_contain_text("Succeeded")
    expect(result).to_contain_text("LATEST")
    expect(result).to_contain_text("FC Invoke Start RequestId")
    expect(result).to_contain_text("FC Invoke End RequestId")
    expect(result).to_contain_text("x-fc-invocation-service-version: LATEST")


def run_function(page: Page):
    page.get_by_role("button", name="Test function").click()
    result = page.locator("#function-result")
    expect(result).to_contain_text("Request id")
    return result


def publish(page: Page, description: str, *, number: int) -> None:
    page.goto(f"/{REGION}/services/shop/versions/")
    page.get_by_label("Description").fill(description)
    page.get_by_role("button", name="Publish version").click()
    expect(page.get_by_role("link", name=f"Version {number}", exact=True)).to_be_visible()
    expect(page.get_by_text(f"No alias sends traffic to version {number} yet")).to_be_visible()
    expect(page.get_by_role("button", name="Publish version")).to_be_disabled()


def look_at_version_1(page: Page) -> None:
    page.goto(f"/{REGION}/services/shop/functions/checkout/code/")
    page.get_by_text("Version or alias:").click()
    choices = page.get_by_role("navigation", name="Version or alias")
    choices.get_by_role("link", name="1", exact=True).click()
    expect(page.locator(".cm-content")).to_have_attribute("aria-readonly", "true")
    expect(page.get_by_role("button", name="Deploy code")).to_have_count(0)
    page.get_by_role("link", name="Test", exact=True).click()
    expect_answer(run_function(page), qualifier="1", version="1")


def expect_answer(result, *, qualifier: str, version: str) -> None:
    expect(result).to_contain_text(re.compile(rf"Called as\s*{qualifier}\b"))
    expect(result).to_contain_text(f"x-fc-invocation-service-version: {version}")


def create_alias(page: Page) -> None:
    menu(page, "Alias Management")
    page.get_by_role("link", name="Create alias").first.click()
    page.get_by_label("Name").fill("alias1")
    page.get_by_label("Primary version").select_option("1")
    page.get_by_role("button", name="Create alias").click()
    page.wait_for_url("**/aliases/alias1/")
    expect(page.get_by_text("All calls go to version 1.").first).to_be_visible()
    page.goto(f"/{REGION}/services/shop/functions/checkout/test/?qualifier=alias1")
    expect_answer(run_function(page), qualifier="alias1", version="1")


def change_code_and_publish_version_2(page: Page) -> None:
    page.goto(f"/{REGION}/services/shop/functions/checkout/code/")
    edit(page, "GREETING = 'one'", "GREETING = 'two'")
    publish(page, "second", number=2)


def split_70_30(page: Page) -> None:
    open_panel(page)
    page.get_by_label("Enable canary").check()
    page.get_by_label("Canary version").select_option("2")
    page.get_by_label("Weight of the canary").fill("130")
    page.get_by_role("button", name="Save as a new revision").click()
    expect(page.get_by_text("The weight must be from 0% to 100%.").first).to_be_visible()
    page.get_by_label("Weight of the canary").fill("30")
    expect(page.locator("#alias-sentence")).to_contain_text("70% of calls go to version 1, 30% to version 2.")
    page.get_by_role("button", name="Save as a new revision").click()
    page.wait_for_url("**/aliases/alias1/")
    expect(page.get_by_text("70% of calls go to version 1, 30% to version 2.").first).to_be_visible()


def open_panel(page: Page) -> None:
    page.goto(f"/{REGION}/services/shop/aliases/alias1/")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.wait_for_url("**/aliases/alias1/edit/")


def second_editor_is_told(first: Page, second: Page) -> None:
    open_panel(first)
    open_panel(second)
    for page, weight in ((first, "31"), (second, "50")):
        page.get_by_label("Weight of the canary").fill(weight)
        page.get_by_label("Reason for this change").fill(f"Trying {weight}%")
        page.get_by_role("button", name="Save as a new revision").click()
    first.wait_for_url("**/aliases/alias1/")
    told = second.get_by_role("alert")
    expect(told).to_contain_text("The canary weight is now 31% (was 30%)")
    expect(second.get_by_label("Weight of the canary")).to_have_value("50")
    restore(first, "70% of calls go to version 1, 30% to version 2.")


def restore(page: Page, sentence: str) -> None:
    page.get_by_role("row").filter(has_text=sentence).get_by_role("button", name="Restore").first.click()
    page.locator("#confirm").get_by_role("button", name="Restore").click()
    expect(page.locator(".split-legend").first).to_contain_text("30%")


def run_the_test(page: Page) -> None:
    page.goto(f"/{REGION}/services/shop/aliases/alias1/")
    page.get_by_role("link", name="Run a test").click()
    page.get_by_label("Function").select_option("checkout")
    page.get_by_label("Invocations").fill(str(INVOCATIONS))
    page.get_by_label("Concurrency").fill("16")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("progressbar", name="Invocations counted")).to_be_visible()
    expect(page.locator("#testrun-progress")).to_contain_text("2,000 of 2,000", timeout=120_000)
    expect(page.locator("#testrun-progress")).to_contain_text(re.compile(r"Errors\s*0 of 2,000"))


def look_at_the_split(page: Page) -> None:
    split = page.locator("#testrun-split")
    expect(split).to_contain_text(re.compile(r"of 2,000 \(\d+(\.\d)?%\) went to version 2; configured 30%"))
    expect(split.locator("[data-chart=split] canvas, [data-chart=split] svg").first).to_be_visible()
    share = float(re.search(r"of 2,000 \((\d+(?:\.\d)?)%\)", split.inner_text())[1])
    # The always-valid band at n = 2,000: an honest split leaves it in fewer than 1 of 100 runs.
    assert 26.1 < share < 34.0
    split.get_by_text("The same numbers as a table").click()
    with page.expect_download() as download:
        split.get_by_role("link", name=re.compile("CSV")).first.click()
    rows = download.value.path().read_text().splitlines()
    assert rows[0].split(",")[-7:] == ["n", "k", "share", "wilson_lo", "wilson_hi", "band_lo", "band_hi"]
    assert "2000" in rows[-1].split(",")


def look_at_the_alias(page: Page) -> None:
    page.goto(f"/{REGION}/services/shop/aliases/alias1/")
    split = page.locator("#alias-split")
    expect(split).to_contain_text(re.compile(r"of 2,000 \(\d+(\.\d)?%\) went to version 2; configured 30%"))
    expect(split.get_by_text("Why does the split differ from my weight?")).to_be_visible()


def version_in_use_stays(page: Page) -> None:
    page.goto(f"/{REGION}/services/shop/versions/")
    page.get_by_role("button", name="Delete version 2").click()
    expect(page.get_by_text("version 2 is still needed by alias alias1")).to_be_visible()


def switch_all_then_roll_back(page: Page) -> None:
    page.goto(f"/{REGION}/services/shop/aliases/alias1/")
    page.get_by_role("button", name="Switch all traffic to version 2").click()
    page.locator("#confirm").get_by_role("button", name="Switch").click()
    expect(page.get_by_text("There is no canary to switch to.")).to_be_visible()
    expect(page.locator(".split-legend").first).to_contain_text("Version 2")
    page.get_by_role("button", name="Roll back to version 1").click()
    page.locator("#confirm").get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("button", name="Roll back to version 2")).to_be_visible()
    expect(page.locator(".split-legend").first).to_contain_text("Version 1")


def restore_the_split(page: Page) -> None:
    restore(page, "70% of calls go to version 1, 30% to version 2.")
