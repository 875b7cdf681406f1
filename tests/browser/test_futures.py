"""The tree of what may come next: opened and closed by hand and by keyboard."""

from playwright.sync_api import Page, expect

from tests.browser.harness import Server, settle


def test_a_line_is_opened_closed_and_kept_in_the_address(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/generate?run=demo-shakespeare&mode=futures&prompt=The q&opened=-")
    lines = page.locator(".futures .line")
    expect(lines.first).to_be_visible()
    settle(page)
    at_first = lines.count()
    lines.first.click()
    expect(page.locator(".futures .line[aria-level='2']").first).to_be_visible()
    expect(lines.first).to_have_attribute("aria-expanded", "true")
    assert lines.count() > at_first
    assert "opened=" in page.url
    page.reload()
    expect(lines.first).to_have_attribute("aria-expanded", "true")
    settle(page)
    lines.first.focus()
    page.keyboard.press("ArrowDown")
    expect(lines.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    expect(lines).to_have_count(at_first)
    expect(lines.first).to_be_focused()
    shares = lines.evaluate_all(
        "rows => rows.map(row => parseFloat(row.querySelector('.share').textContent))"
    )
    assert abs(sum(shares) - 100) < 0.5, "a place and all others of it make one"
