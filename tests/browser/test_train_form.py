"""The Train page in a browser: what is typed is not lost, and one press is one run."""

import json
import re

from playwright.sync_api import Page, expect

from tests.browser.harness import Server, settle

TYPED = {"Steps": "30", "Batch size": "8", "Learning rate": "0.004"}


def test_what_is_typed_quickly_stays_through_reload_and_other_pages(
    own_server: Server, page: Page
) -> None:
    page.goto(f"{own_server.url}/train?corpus=sentences")
    settle(page)
    for label, value in TYPED.items():  # without waiting for the page in between
        page.get_by_label(label, exact=True).fill(value)
    page.keyboard.press("Tab")
    expect_typed(page)
    page.reload()
    settle(page)
    expect_typed(page)
    page.get_by_role("link", name="Runs", exact=True).click()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_role("heading", name="Train a model")).to_be_visible()
    expect_typed(page)
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="Runs", exact=True)).to_be_visible()


def expect_typed(page: Page) -> None:
    for setting in ("training.steps=30", "training.batch_size=8", "training.learning_rate=0.004"):
        expect(page).to_have_url(re.compile(rf"/train\?.*{re.escape(setting)}"))
    settle(page)
    for label, value in TYPED.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(value)


def test_a_comma_before_decimals_is_understood_and_shown_back(
    own_server: Server, page: Page
) -> None:
    page.goto(f"{own_server.url}/train?corpus=sentences")
    settle(page)
    rate = page.get_by_label("Learning rate", exact=True)
    rate.fill("0,0025")
    page.keyboard.press("Tab")
    expect(rate).to_have_value("0.0025")
    expect(page.get_by_text("training.learning_rate=0.0025")).to_be_visible()
    rate.fill("1,000")
    page.keyboard.press("Tab")
    expect(page.get_by_text("such as 1000").first).to_be_visible()
    expect(rate).to_have_value("1,000")
    expect(page.get_by_role("button", name="Start training")).to_have_count(0)


def test_a_double_click_starts_one_run_of_this_browser(own_server: Server, page: Page) -> None:
    page.goto(f"{own_server.url}/train?corpus=sentences&training.steps=5&name=Twice")
    settle(page)
    page.get_by_role("button", name="Start training").dblclick()
    page.wait_for_url("**/run?run=*")
    settle(page)
    runs = [json.loads(path.read_text()) for path in own_server.checkpoints.glob("2*/meta.json")]
    assert [run["name"] for run in runs] == ["Twice"]
    assert runs[0]["owner"].startswith("browser-")
