"""A language is chosen once, and is then everywhere: on other pages, in the address, next time."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.harness import Server, settle

RUN = "run?run=demo-shakespeare"


@pytest.fixture
def abroad(browser: Browser) -> Iterator[BrowserContext]:
    """Whose browser is set to Indonesian."""
    with browser.new_context(locale="id-ID") as context:
        yield context


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name=words, level=1)).to_be_visible()


def spoken(page: Page, language: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", language)


def test_a_language_is_kept_in_the_address_and_for_the_visitor(server: Server, page: Page) -> None:
    page.goto(server.url)
    settle(page)
    heading(page, "Train a small GPT")
    spoken(page, "en")
    assert "lang" not in page.url
    page.get_by_role("radio", name="Indonesia").click()
    heading(page, "Latih GPT kecil")
    spoken(page, "id")
    expect(page).to_have_url(f"{server.url}/?lang=id")
    # By a link of the frame, which knows nothing of it.
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Percobaan").click()
    heading(page, "Percobaan")
    expect(page).to_have_url(f"{server.url}/runs?lang=id")
    # Back is one step, to where one was.
    page.go_back()
    heading(page, "Latih GPT kecil")
    # And at the next visit, at an address that says nothing.
    page.goto(f"{server.url}/runs")
    settle(page)
    heading(page, "Percobaan")
    page.get_by_role("radio", name="English").click()
    heading(page, "Runs")
    spoken(page, "en")


def test_a_link_in_a_language_is_the_first_that_a_fresh_server_hears(
    fresh_server: Server, page: Page
) -> None:
    page.goto(f"{fresh_server.url}/{RUN}&lang=id")
    settle(page)
    heading(page, "Demo: Tiny Shakespeare")
    expect(page.get_by_text("Langkah 2.000 dari 2.000")).to_be_visible()
    expect(page.get_by_text("Loss validasi terbaik").first).to_be_visible()
    spoken(page, "id")
    expect(page).to_have_url(f"{fresh_server.url}/{RUN}&lang=id")


def test_a_browser_is_asked_for_its_language_and_nothing_is_written_down(
    server: Server, abroad: BrowserContext
) -> None:
    page = abroad.new_page()
    page.goto(f"{server.url}/runs")
    settle(page)
    heading(page, "Percobaan")
    spoken(page, "id")
    assert page.url == f"{server.url}/runs"
    assert "minigpt-language" not in {cookie["name"] for cookie in abroad.cookies()}


def test_a_decimal_comma_is_shown_and_taken(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/train?lang=id")
    rate = page.get_by_role("textbox", name="Laju pembelajaran (learning rate)")
    expect(rate).to_have_value("0,02")
    rate.fill("0,001")
    rate.press("Enter")
    expect(page.get_by_text("--set training.learning_rate=0.001")).to_be_visible()
    expect(rate).to_have_value("0,001")
    rate.fill("0.003")
    rate.press("Enter")
    expect(page.get_by_text("--set training.learning_rate=0.003")).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
