"""The same prompt at every kept step with the same luck; and a text by when it was learnt."""

from playwright.sync_api import Page, expect

from tests.browser.harness import Server, settle

STEPS = 8
"""That the demo run has kept."""
BEGINNING = len("ROMEO:")


def test_the_time_machine_marks_where_each_step_first_differs(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/generate?run=demo-shakespeare&tokens=40")
    settle(page)
    page.get_by_role("radio", name="Same luck").click()
    strips = page.locator(".strip[data-drawn]")
    expect(strips).to_have_count(STEPS)
    settle(page)
    texts = [strips.nth(place).locator(".token").all_inner_texts() for place in range(STEPS)]
    assert {len(text) for text in texts} == {BEGINNING + 40}
    for place in range(1, STEPS):
        pairs = enumerate(zip(texts[0], texts[place], strict=True))
        differs = next(index for index, (one, other) in pairs if one != other)
        marked = strips.nth(place).locator(".token.mark")
        expect(marked).to_have_count(1)
        assert int(marked.get_attribute("data-index") or -1) == differs >= BEGINNING
    page.get_by_role("radio", name="temperature").click()
    expect(page.get_by_text("temperature 1.5", exact=True)).to_be_visible()
    settle(page)
    assert "along=temperature" in page.url
    assert "mode=luck" in page.url


def test_a_text_says_since_when_each_token_was_known(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/generate?run=demo-shakespeare&mode=known&text=the king of the sea")
    settle(page)
    tokens = page.locator(".strip .token")
    expect(tokens).to_have_count(len("the king of the sea"))
    tokens.nth(2).click()
    table = page.get_by_test_id("stDataFrame")
    expect(table).to_be_visible()
    expect(page.get_by_text("known since step").last).to_be_visible()
    assert "place=3" in page.url
