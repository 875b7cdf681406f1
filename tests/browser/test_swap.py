"""Two texts and one swap: a token is changed, a cell chosen, what follows read, the link sent."""

import re

from playwright.sync_api import Page, expect

from tests.browser.harness import DEMO, Server, place_in_map, settle

TEXT = "the king is here"
STRIP, MAP = ".strip[data-drawn]", ".head-map[data-drawn]"


def test_from_a_click_on_a_token_to_the_same_map_in_a_fresh_browser(
    server: Server, page: Page, other_page: Page
) -> None:
    page.goto(f"{server.url}/attention?run={DEMO.name}&text={TEXT}")
    settle(page)
    page.get_by_role("radio", name="Two texts, one swap").click()
    expect(page).to_have_url(re.compile("mode=swap"))
    settle(page)
    expect(page.locator(MAP)).to_be_visible()
    page.locator(f"{STRIP} .token").nth(4).click()
    expect(page).to_have_url(re.compile(r"other=the[+%20]+.ing"))
    settle(page)
    expect(page.locator(MAP)).to_be_visible()
    page.locator(f"{MAP} canvas.map").click(position=place_in_map(page.locator(MAP), 3, 15))
    expect(page).to_have_url(re.compile("state=4&token=16"))
    settle(page)
    heading = "The swap after layer 3, at token 16 e"
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    page.locator(f"{MAP} canvas.map").hover(position=place_in_map(page.locator(MAP), 3, 15))
    expect(page.locator(f"{MAP} .tip")).to_have_text(re.compile("^after layer 3, 16 e: "))
    with page.expect_download() as picture:
        page.locator(f"{MAP} .save").click()
    assert picture.value.suggested_filename.startswith("swaps-step")
    other_page.goto(page.url)
    settle(other_page)
    expect(other_page.get_by_role("heading", name=heading)).to_be_visible()
    values = [
        one.locator(MAP).evaluate("root => [...root.shown.values]") for one in (page, other_page)
    ]
    assert values[0] == values[1]
