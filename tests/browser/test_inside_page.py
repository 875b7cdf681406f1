"""From a letter to what it is made of, to a head, to the model without that head; and back."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.harness import DEMO, Server, settle

TEXT = "The queen and the q"
STRIP, MAP = ".strip", ".model-map"
WAIT = 30_000


@pytest.fixture
def opened(server: Server, page: Page) -> Page:
    page.goto(f"{server.url}/inside?run={DEMO.name}&text={TEXT}")
    settle(page)
    expect(page.locator(f"{STRIP} .token")).to_have_count(len(TEXT), timeout=WAIT)
    expect(page.locator(".js-plotly-plot .bars").first).to_be_visible(timeout=WAIT)
    return page


def look_closer_at(page: Page, name: str) -> None:
    """Choose in the box of parts, whose list closes where the page is drawn again meanwhile."""
    box = page.get_by_role("combobox", name="Look closer at")
    option = page.get_by_role("option").filter(has_text=re.compile(f"^{re.escape(name)}$"))
    for _ in range(5):
        box.fill("")
        box.fill(name)
        page.wait_for_timeout(300)
        if option.count():
            option.click()
            return
    raise AssertionError(f"{name} is not offered")


def test_from_a_letter_to_its_receipt_to_the_head_without_it_and_back(opened: Page) -> None:
    opened.locator(f"{STRIP} .token").nth(4).click()  # the q of queen
    expect(opened).to_have_url(re.compile("token=5"))
    expect(opened.get_by_text("What comes after token 5 “q”.")).to_be_visible(timeout=WAIT)
    settle(opened)
    expect(opened.get_by_role("heading", name="Why “u” and not", exact=False)).to_be_visible()
    expect(opened.get_by_text("parts add up to", exact=False)).to_be_visible()
    look_closer_at(opened, "head 3.2")
    expect(opened).to_have_url(re.compile(r"part=3\.2"))
    settle(opened)
    expect(opened.locator(f"{STRIP} .unit")).to_contain_text("head 3.2 brought to “u”")
    here = opened.url
    opened.get_by_role("link", name="See where this head looks").click()
    expect(opened).to_have_url(re.compile(r"/attention\?"))
    settle(opened)
    heading = opened.get_by_role("heading", name="Layer 3, head 2", exact=False)
    expect(heading.first).to_be_visible(timeout=WAIT)
    expect(opened.locator(f"{STRIP} .token").nth(4)).to_have_class(re.compile("chosen"))
    opened.get_by_role("button", name="Silence this head").click()
    expect(opened).to_have_url(re.compile(r"off=3\.2"))
    settle(opened)
    without = opened.get_by_role("heading", name="Without heads 3.2")
    expect(without).to_be_visible(timeout=WAIT)
    opened.go_back()
    expect(without).to_have_count(0, timeout=WAIT)
    opened.go_back()
    expect(opened).to_have_url(here)
    settle(opened)
    expect(opened.locator(f"{STRIP} .unit")).to_contain_text("head 3.2", timeout=WAIT)


def test_a_bar_chooses_its_part(opened: Page) -> None:
    bar = opened.locator(".js-plotly-plot .bars .point path").nth(1)
    bar.click(force=True)
    expect(opened).to_have_url(re.compile(r"part="))
    settle(opened)
    expect(opened.get_by_text("Its vector here is", exact=False)).to_be_visible(timeout=WAIT)


def test_the_picture_plays_a_pass_and_its_parts_are_chosen(
    server: Server, browser: Browser
) -> None:
    with browser.new_context(viewport={"width": 1440, "height": 1400}) as context:
        page = context.new_page()
        page.goto(f"{server.url}/inside?run={DEMO.name}&text={TEXT}&section=picture")
        settle(page)
        parts = page.locator(f"{MAP} .part")
        expect(parts).to_have_count(1 + 4 * 5 + 1, timeout=WAIT)
        page.locator(f"{MAP} .play").click()
        said = page.locator(f"{MAP} .said")
        expect(said).to_contain_text("Layer 1, heads", timeout=WAIT)
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
    expect(cells).to_have_count(5 * len(TEXT), timeout=WAIT)
    cells.nth(4).click()
    expect(page).to_have_url(re.compile("token=5"))
    settle(page)
    page.get_by_role("radio", name="Teach it").click()
    page.get_by_role("button", name="One step").click()
    expect(page).to_have_url(re.compile("taught=1"))
    expect(page.get_by_text("Loss of the sentence after 1 step")).to_be_visible(timeout=WAIT)


def test_the_picture_can_be_taken_home(server: Server, page: Page) -> None:
    page.goto(f"{server.url}/inside?run={DEMO.name}&text={TEXT}&section=picture")
    settle(page)
    expect(page.locator(f"{MAP} .part").first).to_be_visible(timeout=WAIT)
    with page.expect_download() as picture:
        page.locator(f"{MAP} .save").click()
    assert picture.value.suggested_filename == "model.svg"
    drawn = picture.value.path().read_text("utf-8")
    assert "feed-forward" in drawn
    assert "fill: rgb" in drawn
