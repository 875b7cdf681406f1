"""One journey: a text, a letter, a head, its stages, the head silenced, the link, a file."""

import re

from playwright.sync_api import Page, expect

from tests.browser.harness import DEMO, Server, place_in_tiles, settle

TEXT = "my king is here"
STRIP, TILES, MAP, LINES = (
    ".strip[data-drawn]",
    ".head-tiles[data-drawn]",
    ".head-map[data-drawn]",
    ".head-lines[data-drawn]",
)
STAGES = ("Products", "Scaled", "Masked", "Weights × V", "Weights")


def test_from_a_typed_text_to_the_same_view_in_a_fresh_browser(
    server: Server, page: Page, other_page: Page
) -> None:
    page.goto(f"{server.url}/attention?run={DEMO.name}")
    settle(page)
    box = page.get_by_role("textbox").first
    box.fill(TEXT)
    box.press("Control+Enter")
    expect(page.locator(f"{STRIP} .token")).to_have_count(len(TEXT))
    page.locator(f"{STRIP} .token").nth(5).click()
    expect(page).to_have_url(re.compile("token=6"))
    _choose_head(page)
    for stage in STAGES:
        page.get_by_role("radio", name=stage, exact=True).click()
        settle(page)
        expect(page.locator(MAP)).to_be_visible()
    _see_it_as_lines(page)
    page.get_by_role("button", name="Silence this head").click()
    expect(page).to_have_url(re.compile(r"off=1\.2"))
    settle(page)
    heading = page.get_by_role("heading", name="Without heads 1.2")
    expect(heading).to_be_visible()
    with page.expect_download() as picture:
        page.locator(f"{LINES} .save").click()
    assert picture.value.suggested_filename.endswith("-lines.png")
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")
    other_page.goto(page.url)
    settle(other_page)
    for seen in (page, other_page):
        letter = seen.locator(f"{STRIP} .token").nth(5)
        expect(letter).to_have_class(re.compile("chosen"))
        heading = seen.get_by_role("heading", name="Without heads 1.2")
        expect(heading).to_be_visible()
        expect(seen.locator(LINES)).to_be_visible()
    drawn = [
        one.locator(LINES).evaluate("root => [...root.shown.values, ...root.shown.chosen]")
        for one in (page, other_page)
    ]
    assert drawn[0] == drawn[1]


def _choose_head(page: Page) -> None:
    """The second of the first layer, by keyboard."""
    expect(page.locator(f"{TILES} [role=option]").first).to_be_attached()
    page.locator(TILES).focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("layer=1&head=2"))
    settle(page)
    title = page.get_by_role("heading", name="Layer 1, head 2", exact=False)
    expect(title).to_be_visible()


def _see_it_as_lines(page: Page) -> None:
    page.get_by_role("radio", name="As lines").click()
    settle(page)
    expect(page.locator(LINES)).to_be_visible()
    page.locator(LINES).focus()
    page.keyboard.press("ArrowLeft")
    expect(page).to_have_url(re.compile("token=5"))
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("token=6"))
    settle(page)


def test_heads_in_the_order_of_what_was_measured_are_chosen_where_they_stand(
    server: Server, page: Page
) -> None:
    page.goto(f"{server.url}/attention?run={DEMO.name}&text={TEXT}&sorted=previous")
    settle(page)
    tiles = page.locator(TILES)
    expect(tiles.locator("[role=option]").first).to_be_attached()
    expect(page.get_by_text("Sorted: first the head that gives the most")).to_be_visible()
    layer, head = tiles.evaluate("root => root.shown.data.order[5]")
    tiles.locator("canvas.tiles").click(position=place_in_tiles(tiles, down=1, across=1))
    expect(page).to_have_url(re.compile(f"layer={layer + 1}&head={head + 1}"))


def test_two_steps_are_compared_head_by_head(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/attention?run={DEMO.name}&text={TEXT}&mode=compare")
    settle(page)
    tiles = page.locator(TILES)
    expect(tiles.locator("[role=option]").first).to_be_attached()
    data = tiles.evaluate("root => ({low: root.shown.data.low, end: root.shown.data.end})")
    assert data == {"low": -1, "end": 1}
    expect(page.locator(MAP)).to_have_count(2)
    place = place_in_tiles(tiles, down=0, across=0, column=0.02)
    tiles.locator("canvas.tiles").hover(position=place)
    expect(tiles.locator(".tip")).to_have_text(re.compile(r"looks at 1 m, [+-]?\d\.\d\d$"))
