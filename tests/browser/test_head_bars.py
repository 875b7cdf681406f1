"""What the browser draws of all heads: a bar each, under names that look like numbers."""

import re

import pytest
import torch
from playwright.sync_api import Page, expect

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.corpora import add_text
from minigpt.models.build import build_model
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore
from minigpt.tokenizers.character import CharacterTokenizer
from tests.browser.harness import Server, settle

LAYERS, HEADS = 2, 10
TEXT = "she sells sea shells by the sea shore, and so on. " * 60
NAMES = [f"{layer}.{head}" for layer in range(1, LAYERS + 1) for head in range(1, HEADS + 1)]
"""As numbers, 1.1 and 1.10 would be the same, and 1.9 the larger one."""
PLOT = ".js-plotly-plot"
DRAWN = """plot => {
    const {xaxis, yaxis} = plot._fullLayout;
    const middle = box => box.top + box.height / 2;
    const boxes = [...plot.querySelectorAll('.barlayer .point path')]
        .map(path => path.getBoundingClientRect());
    const labels = [...plot.querySelectorAll('.ytick text')];
    const zero = plot.querySelector('.zerolinelayer path').getBoundingClientRect().left;
    return {
        types: [xaxis.type, yaxis.type],
        labels: labels.map(label => label.textContent),
        labelled: labels.map(label => middle(label.getBoundingClientRect())),
        middles: boxes.map(middle),
        // What a bar reaches from zero, in the units of the axis.
        reach: boxes.map(box => Math.max(box.right - zero, zero - box.left) / xaxis._length
            * (xaxis.range[1] - xaxis.range[0])),
        lines: plot.querySelectorAll('.errorbar path.xerror').length,
        values: [...plot.data[0].x],
        halves: [...plot.data[0].error_x.array],
    };
}"""


@pytest.fixture(scope="module")
def run_id(server: Server) -> str:
    """A run whose model has ten heads in a layer; what it learnt does not matter here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIGPT_DATA", str(server.data))
        corpus = add_text("Sea shells", TEXT).name
    config = RunConfig().changed(
        {
            "corpus.name": corpus,
            "model.context_length": 32,
            "model.width": 20,
            "model.num_layers": LAYERS,
            "model.num_heads": HEADS,
        }
    )
    run = RunStore(server.checkpoints).create(config, name="Ten heads")
    tokenizer = CharacterTokenizer.train(TEXT)
    run.write("tokenizer", tokenizer.to_dict())
    torch.manual_seed(0)
    model = build_model(config.model, vocabulary_size=tokenizer.vocabulary_size)
    save_checkpoint(run.weights, model, step=0, validation_loss=None)
    run.write("exit", {"outcome": "finished"})
    return run.id


@pytest.fixture
def opened(server: Server, page: Page, run_id: str) -> Page:
    page.goto(f"{server.url}/attention?run={run_id}&text=sea")
    settle(page)
    expect(page.locator(f"{PLOT} .barlayer .point")).to_have_count(len(NAMES))
    return page


def test_every_head_has_a_bar_beside_its_name(opened: Page) -> None:
    drawn = opened.locator(PLOT).evaluate(DRAWN)
    assert drawn["types"] == ["linear", "category"]
    assert drawn["labels"] == NAMES
    assert drawn["middles"] == sorted(drawn["middles"])
    assert drawn["middles"] == pytest.approx(drawn["labelled"], abs=4)
    assert drawn["lines"] == len(NAMES)
    assert all(half > 0 for half in drawn["halves"])
    expect(opened.locator(".modebar-btn")).to_have_count(0)


def test_a_bar_reaches_as_far_as_its_number(opened: Page) -> None:
    drawn = opened.locator(PLOT).evaluate(DRAWN)
    largest = max(map(abs, drawn["values"]))
    assert largest > 0
    sizes = [abs(value) for value in drawn["values"]]
    assert drawn["reach"] == pytest.approx(sizes, abs=0.03 * (largest + max(drawn["halves"])))


def test_where_heads_look_is_a_choice_that_can_be_sent(opened: Page) -> None:
    opened.get_by_role("radio", name="previous token", exact=True).click()
    expect(opened).to_have_url(re.compile("bars=previous"))
    expect(opened.locator(f"{PLOT} .annotation-text")).to_have_text(re.compile("by chance"))
    expect(opened.locator(f"{PLOT} .barlayer .point")).to_have_count(len(NAMES))
    labels = opened.locator(f"{PLOT} .ytick text")
    assert labels.all_text_contents() == NAMES


def test_the_bars_can_be_taken_home_and_drawn_without_the_app(opened: Page) -> None:
    with opened.expect_download() as bars:
        opened.get_by_role("button", name="These bars, a page to look at").click()
    alone = opened.context.new_page()
    alone.route("http**", lambda route: route.abort())
    alone.set_content(bars.value.path().read_text("utf-8"))
    expect(alone.locator(f"{PLOT} .barlayer .point")).to_have_count(len(NAMES))
    assert alone.locator(f"{PLOT} .ytick text").all_text_contents() == NAMES
