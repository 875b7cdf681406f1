"""What the browser draws of an attention map, on texts whose tokens look like something else."""

from urllib.parse import quote

import pytest
import torch
from playwright.sync_api import Page, expect

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.models.build import build_model
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore
from minigpt.tokenizers.character import CharacterTokenizer
from tests.browser.harness import Server, settle

CHARACTERS = '0123456789+=-./:,$" abcdefghijklmnopqrstuvwxyz'
CONTEXT, MOST_LABELS = 256, 64
TEXTS = {
    "sum": "12+34=46",
    "date": "2024-01-31",
    "time": "10:15:00",
    "prices": '"$1.50, 2.75"',
    "numbers": "1, 2, 3.",
    "one": "7",
    "repeated": "1" * 12,
    "longest": "12,5. " * 42 + "1234",
}
DRAWN = """() => {
    const plot = document.querySelector('.js-plotly-plot');
    const {xaxis, yaxis} = plot._fullLayout;
    return {
        types: [xaxis.type, yaxis.type],
        ranges: [xaxis.range, yaxis.range],
        shown: Array.from(plot.calcdata[0][0].z, row => Array.from(row)).flat()
            .filter(Number.isFinite).length,
        columns: plot.calcdata[0][0].x.length,
        labels: [...plot.querySelectorAll('.xtick text')].map(label => label.textContent),
    };
}"""


@pytest.fixture(scope="module")
def run_id(server: Server) -> str:
    """A run whose model knows digits and marks; what it learnt does not matter here."""
    config = RunConfig().changed(
        {
            "model.context_length": CONTEXT,
            "model.width": 16,
            "model.num_layers": 1,
            "model.num_heads": 1,
        }
    )
    run = RunStore(server.checkpoints).create(config, name="Digits")
    tokenizer = CharacterTokenizer.train(CHARACTERS)
    run.write("tokenizer", tokenizer.to_dict())
    torch.manual_seed(0)
    model = build_model(config.model, vocabulary_size=tokenizer.vocabulary_size)
    save_checkpoint(run.weights, model, step=0, validation_loss=None)
    run.write("exit", {"outcome": "finished"})
    return run.id


@pytest.mark.parametrize("name", TEXTS)
def test_every_token_has_its_row_and_column(
    server: Server, page: Page, run_id: str, name: str
) -> None:
    text = TEXTS[name]
    page.goto(f"{server.url}/attention?run={run_id}&text={quote(text)}")
    settle(page)
    expect(page.locator(".js-plotly-plot .heatmaplayer image")).to_have_count(1, timeout=30_000)
    drawn = page.evaluate(DRAWN)
    size = len(text)
    assert drawn["types"] == ["category", "category"]
    assert drawn["ranges"] == [[-0.5, size - 0.5], [size - 0.5, -0.5]]
    assert drawn["shown"] == size * (size + 1) / 2
    assert drawn["columns"] == size + 1  # the edges of the cells
    every = -(-size // MOST_LABELS)
    assert drawn["labels"] == [token.replace(" ", "␣") for token in text][::every]
    expect(page.locator(".modebar-btn")).to_have_count(0)
