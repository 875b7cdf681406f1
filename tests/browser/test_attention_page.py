"""Looking inside as a person does: point, choose, walk the stages, send the link to somebody."""

import json
import re

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, expect

from minigpt.introspection.trace import trace
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from tests import shakespeare as tiny_shakespeare
from tests.browser.harness import (
    DEMO,
    Server,
    box_at_rest,
    place_in_map,
    place_in_tiles,
    settle,
    wait_until,
)

TEXT = "the king is here"
STRIP, TILES, MAP = ".strip[data-drawn]", ".head-tiles[data-drawn]", ".head-map[data-drawn]"
STAGES = {
    "products": "Products",
    "scores": "Scaled",
    "masked_scores": "Masked",
    "mixed": "Weights × V",
    "weights": "Weights",
}


@pytest.fixture
def opened(server: Server, page: Page) -> Page:
    page.goto(f"{server.url}/attention?run={DEMO.name}&text={TEXT}")
    settle(page)
    expect(page.locator(f"{STRIP} .token")).to_have_count(len(TEXT))
    expect(page.locator(f"{TILES} [role=option]").first).to_be_attached()
    return page


@pytest.mark.parametrize("asked", ["", f"&mode=compare&with={DEMO.name}&with-step=159&lang=id"])
def test_the_text_and_all_heads_are_seen_at_once(server: Server, page: Page, asked: str) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{server.url}/attention?run={DEMO.name}{asked}")
    settle(page)
    expect(page.locator(STRIP)).to_be_visible()
    canvas = page.locator(f"{TILES} canvas.tiles")
    expect(canvas).to_be_visible()
    expect(canvas).to_be_in_viewport(ratio=1)


PUSHED_DOWN = "page => { page.firstElementChild.style.marginTop = '40px'; }"


def test_all_heads_are_seen_where_what_stands_above_grows_later(server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{server.url}/attention?run={DEMO.name}&text={TEXT}")
    settle(page)
    canvas = page.locator(f"{TILES} canvas.tiles")
    before = box_at_rest(canvas)
    page.get_by_test_id("stMainBlockContainer").evaluate(PUSHED_DOWN)
    after = box_at_rest(canvas)
    assert after["y"] == before["y"] + 40
    assert after["height"] < before["height"]
    expect(canvas).to_be_in_viewport(ratio=1)


def test_choosing_a_letter_and_a_head_with_the_mouse(opened: Page) -> None:
    strip = opened.locator(STRIP).element_handle()
    # Its row stands out in the map at once, before the page has answered.
    # While something is drawn anew nobody listens; then another letter is tried.
    marked = opened.locator(MAP).evaluate(
        """async (map, strip) => {
            for (let time = 0; time < 100; time++) {
                const index = 5 + (time % 2);
                strip.querySelectorAll(".token")[index].click();
                if (map.shown.awaited === index) return index;
                await new Promise((resolve) => setTimeout(resolve, 300));
            }
        }""",
        strip,
    )
    assert marked in (5, 6)
    expect(opened).to_have_url(re.compile(f"token={marked + 1}"))
    place = place_in_tiles(opened.locator(TILES), down=2, across=1)
    opened.locator(f"{TILES} canvas.tiles").click(position=place)
    expect(opened).to_have_url(re.compile(r"layer=3&head=2"))
    settle(opened)
    expect(opened.get_by_role("heading", name="Layer 3, head 2", exact=False)).to_be_visible()
    answered = "([root, row]) => root.shown.data.chosen[0] === row && root.shown.awaited === null"
    map_root = opened.locator(MAP).element_handle()
    wait_until(opened, answered, [map_root, marked])


CHOSEN_ELSEWHERE = """async (root, [layer, head]) => {
    for (let time = 0; time < 100 && root.shown.otherHead !== `${layer}.${head}`; time++) {
        if (time) await new Promise((resolve) => setTimeout(resolve, 300));
        Object.assign(root.shown.group, {layer, head});
        for (const listener of root.shown.group.listeners) listener();
    }
    const {canvas, cell, colors, data} = root.shown;
    const ratio = canvas.width / canvas.getBoundingClientRect().width;
    const context = canvas.getContext("2d"), size = data.rows.length, drawn = [];
    for (let row = 0; row < size; row++) for (let column = 0; column <= row; column++) {
        const x = Math.floor((30 + (column + 0.5) * cell.width) * ratio);
        const y = Math.floor((22 + (row + 0.5) * cell.height) * ratio);
        drawn.push([...context.getImageData(x, y, 1, 1).data].slice(0, 3));
    }
    return {drawn, colors: [...colors]};
}"""
"""Another head is chosen, which the page is not told, until the map has heard of it (nobody listens
while it is drawn anew); what it shows then."""


def test_the_map_shows_a_chosen_head_before_the_page_has_answered(
    server: Server, opened: Page
) -> None:
    shown = opened.locator(MAP).evaluate(CHOSEN_ELSEWHERE, [2, 1])
    trained = open_model(RunStore(server.checkpoints).open(DEMO.name))
    seen = trace(trained.model, torch.tensor([trained.tokenizer.encode(TEXT)]))
    weights = seen.layers[2].weights[0, 1].numpy()[np.tril_indices(len(TEXT))]
    colors = np.array(shown["colors"]).reshape(256, 3)
    expected = colors[(255 * weights).round().astype(int)]
    np.testing.assert_allclose(np.array(shown["drawn"]), expected, atol=2)
    assert "step=" not in opened.url
    assert "layer=" not in opened.url


def test_choosing_by_keyboard_alone(opened: Page) -> None:
    opened.locator(STRIP).focus()
    opened.keyboard.press("Home")
    for _ in range(3):
        opened.keyboard.press("ArrowRight")
    expect(opened).to_have_url(re.compile("token=4"))
    expect(opened.locator(f"{STRIP} .token").nth(3)).to_have_attribute("aria-selected", "true")
    settle(opened)
    opened.locator(TILES).focus()
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowRight")
    expect(opened).to_have_url(re.compile(r"layer=2&head=2"))
    chosen = opened.locator(f"{TILES} [aria-selected=true]")
    expect(chosen).to_have_text(re.compile("Layer 2, head 2"))


SLOW_ANSWERS = """
window.WebSocket = class extends WebSocket {
  addEventListener(kind, hear, options) {
    const late = (event) => setTimeout(() => hear(event), 700);
    super.addEventListener(kind, kind === "message" ? late : hear, options);
  }
  set onmessage(hear) { this.addEventListener("message", hear); }
};
"""


def test_a_late_answer_takes_no_key_back(server: Server, page: Page) -> None:
    page.add_init_script(SLOW_ANSWERS)
    page.goto(f"{server.url}/attention?run={DEMO.name}&text={TEXT}")
    settle(page)
    expect(page.locator(f"{STRIP} .token").nth(3)).to_be_visible()
    page.locator(STRIP).focus()
    page.keyboard.press("Home")
    for _ in range(4):  # each is asked for before the answer to the one before it has come
        page.wait_for_timeout(300)
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("token=5"))
    settle(page)
    expect(page.locator(f"{STRIP} .token").nth(4)).to_have_attribute("aria-selected", "true")


def test_pointing_at_a_letter_shows_its_row_and_what_comes_next(opened: Page) -> None:
    opened.locator(f"{STRIP} .token").nth(5).hover()
    expect(opened.locator(f"{STRIP} .tip")).to_contain_text("then comes")
    shown = opened.locator(STRIP).evaluate("root => root.shown.group.hover")
    assert shown == 5
    later = opened.locator(f"{STRIP} .token").nth(6)
    expect(later).to_have_class(re.compile("late"))


def test_pointing_at_a_cell_names_the_pair_and_its_weight(opened: Page) -> None:
    row, column = 4.5 / len(TEXT), 0.5 / len(TEXT)
    place = place_in_tiles(opened.locator(TILES), down=0, across=0, row=row, column=column)
    opened.locator(f"{TILES} canvas.tiles").hover(position=place)
    tip = opened.locator(f"{TILES} .tip")
    expect(tip).to_have_text(re.compile(r"^1\.1: 5 k looks at 1 t, \d\.\d\d$"))


HOW_FAR_DOWN = """map => map.getBoundingClientRect().top
    + document.querySelector("[data-testid=stMain]").scrollTop"""


def test_walking_the_stages_and_choosing_a_cell(opened: Page) -> None:
    tops = []
    for stage, name in STAGES.items():
        opened.get_by_role("radio", name=name, exact=True).click()
        # Until it has heard of the click a page is idle, too, and shows the stage before.
        expect(opened).to_have_url(re.compile(f"stage={stage}"))
        settle(opened)
        expect(opened.locator(MAP)).to_be_visible()
        tops.append(round(opened.locator(MAP).evaluate(HOW_FAR_DOWN)))
    assert len(set(tops)) == 1, tops
    place = place_in_map(opened.locator(MAP), 8, 2)
    opened.locator(f"{MAP} canvas.map").click(position=place)
    expect(opened).to_have_url(re.compile(r"token=9&looked=3"))
    settle(opened)
    expect(opened.get_by_text("How much token 9 ␣ looks at token 3 e")).to_be_visible()


def test_a_link_shows_the_same_in_a_fresh_browser(opened: Page, other_page: Page) -> None:
    opened.locator(f"{STRIP} .token").nth(9).click()
    expect(opened).to_have_url(re.compile("token=10"))
    other_page.goto(opened.url)
    settle(other_page)
    for page in (opened, other_page):
        expect(page.locator(f"{STRIP} .token").nth(9)).to_have_class(re.compile("chosen"))
    cells = [
        page.locator(TILES).evaluate("root => root.shown.data.cells")
        for page in (opened, other_page)
    ]
    assert cells[0] == cells[1]


def test_the_map_and_the_numbers_can_be_taken_home(opened: Page) -> None:
    with opened.expect_download() as picture:
        opened.locator(f"{MAP} .save").click()
    assert picture.value.suggested_filename.endswith("-weights.png")
    assert picture.value.path().read_bytes().startswith(b"\x89PNG")
    opened.get_by_role("button", name="Take it home").click()
    with opened.expect_download() as numbers:
        opened.get_by_role("button", name="All heads, for any program", exact=False).click()
    assert json.loads(numbers.value.path().read_text("utf-8"))["text"] == TEXT


def test_silencing_a_head_and_sending_the_link(opened: Page, other_page: Page) -> None:
    opened.get_by_role("button", name="Silence this head").click()
    expect(opened).to_have_url(re.compile(r"off=1\.1"))
    settle(opened)
    expect(opened.get_by_role("heading", name="Without heads 1.1")).to_be_visible()
    shown = opened.get_by_test_id("stMetricValue")
    expect(shown).to_have_count(2)
    losses = [float(one) for one in shown.all_inner_texts()]
    assert losses[0] != losses[1]
    other_page.goto(opened.url)
    settle(other_page)
    again = other_page.get_by_test_id("stMetricValue")
    expect(again).to_have_count(2)
    assert [float(one) for one in again.all_inner_texts()] == losses


@pytest.mark.skipif(tiny_shakespeare.FILE is None, reason=tiny_shakespeare.HOW_TO_GET_IT)
def test_heads_get_their_names_while_one_watches(opened: Page) -> None:
    verdict = opened.get_by_text("Without any of its heads the model's loss")
    expect(verdict).to_be_visible()
    # All that matters is called something, over its tile and for those who hear the page.
    named = opened.locator(f"{TILES} [role=option]").filter(has_text=re.compile(r": \w"))
    expect(named.first).to_be_attached()
