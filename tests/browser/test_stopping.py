"""Stopping a generation keeps what was written."""

from playwright.sync_api import Page, expect

from tests.browser.harness import Server, settle


def test_stop_keeps_the_text_so_far(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/generate?run=demo-shakespeare&tokens=2000")
    settle(page)
    page.get_by_role("button", name="Generate", exact=False).last.click()
    expect(page.get_by_text("tokens at step", exact=False)).to_be_visible(timeout=60_000)
    stop = page.get_by_test_id("stMain").get_by_role("button", name="Stop")
    stop.click()
    expect(stop).to_have_count(0, timeout=30_000)
    settle(page)
    expect(page.get_by_role("button", name="Go on writing")).to_be_visible()
    tokens = page.locator(".strip .token")
    assert len("ROMEO:") < tokens.count() < len("ROMEO:") + 2000
    assert "".join(tokens.all_inner_texts()).startswith("ROMEO:")
    expect(page.get_by_text("tokens at step", exact=False)).to_be_visible()
