"""For the back row: with the switch on, no text that a class has to read is too small."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import Server, settle
from ui.theme import LIGHT, PROJECTED_PIXELS, PROJECTOR_TEXT_PIXELS

SCREEN = {"width": 1920, "height": 1080}
SMALL_SCREEN = {"width": 1280, "height": 720}
PAGES = (
    "?",
    "corpus?",
    "train?",
    "runs?",
    "run?run=demo-shakespeare&",
    "generate?run=demo-shakespeare&",
)
SMALL_TEXT = """least => {
    const hidden = 'style, script, svg, canvas, noscript';
    const shown = element =>
        !element.closest(hidden)
        && element.checkVisibility({opacityProperty: true, visibilityProperty: true});
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const parent = walk.currentNode.parentElement;
        const text = walk.currentNode.textContent.trim();
        if (!text || !shown(parent)) continue;
        const pixels = parseFloat(getComputedStyle(parent).fontSize);
        if (pixels < least) found.push(`${pixels}: ${text.slice(0, 40)}`);
    }
    return found;
}"""
ROW_PIXELS = """() => {
    const inner = document.querySelector('[data-testid=stDataFrame] .dvn-scroll-inner');
    return inner.getBoundingClientRect().height;
}"""

ON_ONE_LINE = "number => number.clientHeight < 2 * parseFloat(getComputedStyle(number).fontSize)"
HAS_ROOM = """part => {
    const column = part.closest("[data-testid=stColumn]").getBoundingClientRect();
    return part.getBoundingClientRect().right <= column.right + 1;
}"""


@pytest.fixture
def projector(page: Page) -> Page:
    page.set_viewport_size(SCREEN)
    return page


def test_no_text_is_too_small_for_the_back_row(server: Server, projector: Page) -> None:
    small = {}
    for address in PAGES:
        projector.goto(f"{server.url}/{address}size=projector")
        settle(projector)
        expect(projector.get_by_role("heading", level=1)).to_be_visible()
        expect(projector.locator("html")).to_have_css("font-size", f"{PROJECTED_PIXELS}px")
        small[address] = projector.evaluate(SMALL_TEXT, PROJECTOR_TEXT_PIXELS)
    assert not any(small.values()), small


def test_the_switch_is_remembered_on_other_pages(server: Server, projector: Page) -> None:
    projector.goto(server.url)
    settle(projector)
    projector.get_by_text("Projector", exact=True).click()
    expect(projector).to_have_url(f"{server.url}/?size=projector")
    expect(projector.locator("html")).to_have_css("font-size", f"{PROJECTED_PIXELS}px")
    projector.get_by_role("link", name="Runs", exact=True).click()
    settle(projector)
    expect(projector.get_by_test_id("stDataFrame")).to_be_visible()
    expect(projector.locator("html")).to_have_css("font-size", f"{PROJECTED_PIXELS}px")
    expect(projector).to_have_url(f"{server.url}/runs?size=projector")  # and in a link from there
    projector.get_by_text("Projector", exact=True).click()
    expect(projector.locator("html")).to_have_css("font-size", "16px")
    expect(projector).to_have_url(f"{server.url}/runs")
    projector.get_by_role("link", name="Text", exact=True).click()
    expect(projector.get_by_role("heading", name="Text")).to_be_visible()
    expect(projector).to_have_url(f"{server.url}/corpus")


def test_a_table_opened_by_a_link_is_as_large_as_all_else(server: Server, projector: Page) -> None:
    projector.goto(f"{server.url}/runs?size=projector")
    settle(projector)
    expect(projector.get_by_test_id("stDataFrame")).to_be_visible()
    rows = 2  # the head, and the demo run
    assert projector.evaluate(ROW_PIXELS) >= rows * (35 * PROJECTED_PIXELS / 16 - 1)


def test_nothing_is_cut_on_a_small_projector(server: Server, page: Page) -> None:
    page.set_viewport_size(SMALL_SCREEN)
    page.emulate_media(color_scheme="light")
    page.goto(f"{server.url}/train?size=projector")
    settle(page)
    parameters = page.get_by_test_id("stMetricValue").first
    assert parameters.evaluate(ON_ONE_LINE), "digits of one number stand on two lines"
    page.goto(f"{server.url}/learn?lesson=one-head&part=scores&size=projector")
    settle(page)
    expect(page.locator(".fig-table").first).to_be_visible()
    assert page.locator(".fig-table").first.evaluate(HAS_ROOM)
    assert page.locator(".katex-display .base").last.evaluate(HAS_ROOM)


def test_each_choice_has_all_its_sides_where_choices_take_two_rows(
    server: Server, page: Page
) -> None:
    page.set_viewport_size(SMALL_SCREEN)
    page.emulate_media(color_scheme="light")
    page.goto(f"{server.url}/corpus?size=projector")
    settle(page)
    other = page.get_by_test_id("stSidebar").get_by_role("radio", name="Indonesia")
    red, green, blue = bytes.fromhex(LIGHT.faint.removeprefix("#"))
    expect(other).to_have_css("border-left-color", f"rgb({red}, {green}, {blue})")
