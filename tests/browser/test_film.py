"""The film of a training: dragged under its curve, clicked on it, played and stopped."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import DEMO, Server, box_at_rest, settle, wait_until

TEXT = "the king is here"
TILES, CURVE = ".head-tiles[data-drawn]", ".st-key-film-curve"
STEP = "input[aria-label='Step of its training']"
SLIDER = f"[data-testid=stSlider] {STEP}"


@pytest.fixture
def opened(server: Server, page: Page) -> Page:
    page.goto(f"{server.url}/attention?run={DEMO.name}&text={TEXT}")
    settle(page)
    expect(page.locator(f"{TILES} [role=option]").first).to_be_attached()
    expect(page.locator(f"{CURVE} canvas")).to_be_visible()
    return page


def pixels(page: Page) -> str:
    """The tiles as they are drawn."""
    drawn: str = page.locator(f"{TILES} canvas.tiles").evaluate("canvas => canvas.toDataURL()")
    return drawn


STOPPED_WHILE_PLAYING = r"""() => {
    if (!/Step [\d,]+, [1-2] of 8\./.test(document.body.textContent)) return false;
    const buttons = [...document.querySelectorAll("button")];
    const stop = buttons.find(one => one.textContent.trim().endsWith("Stop"));
    if (!stop) return false;
    const address = location.href;
    stop.click();
    return address;
}"""


def expect_other_tiles(page: Page, before: str) -> None:
    wait_until(
        page,
        """before => {
          const all = [...document.querySelectorAll("*")].map(one => one.shadowRoot);
          const root = all.find(one => one?.querySelector("canvas.tiles"));
          return root && root.querySelector("canvas.tiles").toDataURL() !== before;
        }""",
        before,
    )


def test_dragging_the_slider_draws_other_tiles(opened: Page) -> None:
    at_the_end = pixels(opened)
    line = box_at_rest(opened.locator(f"{CURVE} canvas"))
    thumb = box_at_rest(opened.locator(f"div:has(> div > {STEP})"))
    opened.mouse.move(thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2)
    opened.mouse.down()
    opened.mouse.move(line["x"] + 2, thumb["y"] + thumb["height"] / 2, steps=8)
    opened.mouse.up()
    expect(opened).to_have_url(re.compile("step=0"))
    expect_other_tiles(opened, at_the_end)


def test_clicking_a_mark_on_the_curve_goes_to_its_step(opened: Page) -> None:
    at_the_end = pixels(opened)
    canvas = opened.locator(f"{CURVE} canvas")
    box = box_at_rest(canvas)
    third = 9 + (box["width"] - 18) * 3 / 7
    for _again in range(2):  # a second click must not lead elsewhere
        canvas.click(position={"x": third, "y": box["height"] - 18})
        expect(opened).to_have_url(re.compile("step=13"))
        settle(opened)
    expect_other_tiles(opened, at_the_end)
    expect(opened.locator(SLIDER)).to_have_attribute("aria-valuetext", "13")


def test_playing_and_stopping(opened: Page) -> None:
    at_the_end = pixels(opened)
    address = opened.url
    opened.get_by_role("button", name="Play").click()
    # Looked at and stopped in one moment, and early: a film of eight seconds does not wait for a
    # busy server to hear of it.
    then = wait_until(opened, STOPPED_WHILE_PLAYING).json_value()
    assert then == address  # nobody chose a step so far
    expect(opened).to_have_url(re.compile(r"step=\d+$"))
    assert not opened.url.endswith("step=2000")
    expect_other_tiles(opened, at_the_end)
    settle(opened)
    expect(opened.get_by_role("heading", name="Layer 1, head 1", exact=False)).to_be_visible()
    expect(opened.get_by_role("button", name="Play")).to_be_visible()
