"""From a letter to what it is made of, to a head, to the model without that head; and back."""

import re
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser.harness import DEMO, PATIENCE_SECONDS, Server, box_at_rest, settle

TEXT = "The queen and the q"
STRIP, MAP = ".strip[data-drawn]", ".model-map[data-drawn]"


@pytest.fixture
def opened(server: Server, page: Page) -> Page:
    page.goto(f"{server.url}/inside?run={DEMO.name}&text={TEXT}")
    settle(page)
    expect(page.locator(f"{STRIP} .token")).to_have_count(len(TEXT))
    expect(page.get_by_test_id("stEChartsChart").last).to_be_visible()
    return page


def look_closer_at(page: Page, name: str) -> None:
    """Choose in the box of parts, whose list closes where the page is drawn again meanwhile."""
    box = page.get_by_role("combobox", name="Look closer at")
    option = page.get_by_role("option").filter(has_text=re.compile(f"^{re.escape(name)}$"))
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        box.fill("")
        box.fill(name)
        with suppress(Error):
            option.click(timeout=6_000)
            return
    raise AssertionError(f"{name} is not offered")


def until(is_so: Callable[[], bool]) -> bool:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not (found := is_so()) and time.monotonic() < end:
        time.sleep(0.2)
    return found


def write_and_choose(page: Page, url: str, place: int) -> str:
    """Let the demo write, choose a token of what it wrote, and go where it is taken apart."""
    page.goto(f"{url}/generate?run={DEMO.name}&tokens=30&seed=4")
    settle(page)
    page.get_by_role("button", name="Generate").last.click()
    token = page.locator(f"{STRIP} .token").nth(len("ROMEO:") + place)
    expect(token).to_be_visible()
    settle(page)
    token.click()
    expect(page.get_by_text(f"Token {place + 1} of 30")).to_be_visible()
    came = page.locator(".candidates button.row.came .token").inner_text()
    page.get_by_role("button", name="Why this token? Look inside").click()
    expect(page).to_have_url(re.compile(r"/inside\?"))
    settle(page)
    return came


def test_from_a_written_letter_to_its_receipt_to_the_head_without_it_and_back(
    server: Server, page: Page
) -> None:
    came, read = write_and_choose(page, server.url, 9), len("ROMEO:") + 9
    heading = page.get_by_role("heading", name=f"Why “{came}” and not", exact=False)
    expect(heading).to_be_visible()
    expect(page.get_by_text("parts add up to", exact=False)).to_be_visible()
    expect(page.locator(f"{STRIP} .token")).to_have_count(read)
    look_closer_at(page, "head 3.2")
    expect(page).to_have_url(re.compile(r"part=3\.2"))
    settle(page)
    brought = page.locator(f"{STRIP} .unit")
    expect(brought).to_contain_text(f"head 3.2 brought to “{came}”")
    here = page.url
    page.get_by_role("link", name="See where this head looks").click()
    expect(page).to_have_url(re.compile(r"/attention\?"))
    settle(page)
    heading = page.get_by_role("heading", name="Layer 3, head 2", exact=False)
    expect(heading.first).to_be_visible()
    last = page.locator(f"{STRIP} .token").nth(read - 1)
    expect(last).to_have_class(re.compile("chosen"))
    row = page.locator(".head-map[data-drawn]")
    expect(row).to_be_visible()
    assert until(lambda: row.evaluate("root => root.shown?.data.chosen[0]") == read - 1)
    page.get_by_role("button", name="Silence this head").click()
    expect(page).to_have_url(re.compile(r"off=3\.2"))
    settle(page)
    without = page.get_by_role("heading", name="Without heads 3.2")
    expect(without).to_be_visible()
    page.go_back()
    expect(without).to_have_count(0)
    page.go_back()
    expect(page).to_have_url(here)
    settle(page)
    expect(brought).to_contain_text("head 3.2")


def test_a_bar_chooses_its_part(opened: Page) -> None:
    chart = opened.get_by_test_id("stEChartsChart").last
    box = box_at_rest(chart)
    for share in (0.4, 0.45, 0.5):  # the second row's bar begins there, wherever names end
        chart.click(position={"x": share * box["width"], "y": 66})
        opened.wait_for_timeout(500)
        if "part=" in opened.url:
            break
    expect(opened).to_have_url(re.compile(r"part="))
    settle(opened)
    expect(opened.get_by_text("Its vector here is", exact=False)).to_be_visible()


def test_the_picture_plays_a_pass_and_its_parts_are_chosen(server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 1400})
    page.goto(f"{server.url}/inside?run={DEMO.name}&text={TEXT}&section=picture")
    settle(page)
    parts = page.locator(f"{MAP} .part")
    expect(parts).to_have_count(1 + 4 * 5 + 1)
    page.locator(f"{MAP} .play").click()
    said = page.locator(f"{MAP} .said")
    expect(said).to_contain_text("Layer 1, heads")
    expect(page.locator(f"{MAP} .part.active")).to_have_count(4)
    page.locator(f"{MAP} .play").click()  # pauses
    page.locator(f"{MAP} input").fill("9")
    expect(said).to_contain_text("Output: what the model says: u")
    parts.nth(5).click()
    expect(page).to_have_url(re.compile(r"part=ff\.1"))
    settle(page)
    expect(page.locator(f"{MAP} .part.chosen")).to_have_count(1)
    page.locator(f"{MAP} .drawing").focus()
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile(r"part=2\.1"))


def test_the_lens_chooses_a_place_and_a_sentence_is_taught(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/inside?run={DEMO.name}&text={TEXT}&section=layers")
    settle(page)
    cells = page.locator(".lens-grid td")
    expect(cells).to_have_count(5 * len(TEXT))
    cells.nth(4).click()
    expect(page).to_have_url(re.compile("token=5"))
    settle(page)
    page.get_by_role("radio", name="Teach it").click()
    page.get_by_role("button", name="One step").click()
    expect(page).to_have_url(re.compile("taught=1"))
    expect(page.get_by_text("Loss of the sentence after 1 step")).to_be_visible()


def test_the_picture_can_be_taken_home(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/inside?run={DEMO.name}&text={TEXT}&section=picture")
    settle(page)
    expect(page.locator(f"{MAP} .part").first).to_be_visible()
    with page.expect_download() as picture:
        page.locator(f"{MAP} .save").click()
    assert picture.value.suggested_filename == "model.svg"
    drawn = picture.value.path().read_text("utf-8")
    assert "feed-forward" in drawn
    assert "fill: rgb" in drawn
