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
    written = page.get_by_test_id("stCode").last.locator("code").inner_text()
    assert written.startswith("ROMEO:")
    assert len("ROMEO:") < len(written) < len("ROMEO:") + 2000
    expect(page.get_by_text("tokens at step", exact=False)).to_be_visible()
