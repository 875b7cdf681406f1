"""Stopping a generation keeps what was written."""

from playwright.sync_api import Page, expect

from tests.browser.harness import Server, settle

TOKENS, TEXTS = 2000, 8
"""More than is written before a hand has found the button."""


def test_stop_keeps_the_text_so_far(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/generate?run=demo-shakespeare&tokens={TOKENS}&samples={TEXTS}")
    settle(page)
    page.get_by_role("button", name="Generate", exact=False).last.click()
    expect(page.get_by_text("tokens at step", exact=False)).to_be_visible()
    stop = page.get_by_test_id("stBaseButton-secondary").filter(has_text="Stop")
    stop.click()
    expect(stop).to_have_count(0)
    settle(page)
    expect(page.get_by_role("button", name="Go on writing")).to_be_visible()
    tokens = page.locator(".strip[data-drawn]").first.locator(".token")
    expect(tokens.nth(len("ROMEO:"))).to_be_attached()
    assert "".join(tokens.all_inner_texts()).startswith("ROMEO:")
    assert tokens.count() < len("ROMEO:") + TOKENS
    expect(page.get_by_text("tokens at step", exact=False)).to_be_visible()
