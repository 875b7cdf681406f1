"""What the browser draws of an attention map, on texts whose tokens look like something else."""

from urllib.parse import quote

import numpy as np
import pytest
import torch
from jaxtyping import Float
from playwright.sync_api import Page, expect

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.introspection.trace import trace
from minigpt.models.build import build_model
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from minigpt.tokenizers.character import CharacterTokenizer
from tests.browser.harness import ROOT, Server, settle

CHARACTERS = '0123456789+=-./:,$"<>&; abcdefghijklmnopqrstuvwxyz'
CONTEXT, MOST_LABELS = 256, 50
TEXTS = {
    "sum": "12+34=46",
    "date": "2024-01-31",
    "time": "10:15:00",
    "prices": '"$1.50, 2.75"',
    "numbers": "1, 2, 3.",
    "tags": "</b><b>1 &lt; 2",
    "one": "7",
    "repeated": "1" * 12,
    "longest": "12,5. " * 42 + "1234",
}
DRAWING = (ROOT / "static" / "components" / "scripts" / "drawing.js").read_text("utf-8")
DRAWN = """root => {
    const {data, canvas, cell, colors, values, every} = root.shown;
    const ratio = canvas.width / canvas.getBoundingClientRect().width;
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const size = data.rows.length, drawn = [];
    for (let row = 0; row < size; row++) for (let column = 0; column < size; column++) {
        const x = Math.floor((30 + (column + 0.5) * cell.width) * ratio);
        const y = Math.floor((22 + (row + 0.5) * cell.height) * ratio);
        const at = 4 * (y * pixels.width + x);
        drawn.push([...pixels.data.slice(at, at + 4)]);
    }
    return {drawn, found: [...values], every, labels: data.rows, colors: [...colors]};
}"""
TILE = """root => {
    const {canvas, layout, data, colors} = root.shown;
    const ratio = canvas.width / canvas.getBoundingClientRect().width;
    const context = canvas.getContext('2d'), cells = [];
    for (let row = 0; row < data.size; row++) for (let column = 0; column <= row; column++) {
        const x = Math.floor((22 + (column + 0.5) * layout.side / data.size) * ratio);
        const y = Math.floor((17 + (row + 0.5) * layout.side / data.size) * ratio);
        cells.push([...context.getImageData(x, y, 1, 1).data]);
    }
    return {cells, colors: [...colors]};
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
    # The chosen cell has a frame around it; it and its neighbours are left out below.
    page.goto(f"{server.url}/attention?run={run_id}&token=1&looked=1&text={quote(text)}")
    settle(page)
    root = page.locator(".head-map[data-drawn]")
    expect(root).to_be_visible()
    shown = root.evaluate(DRAWN)
    size, weights = len(text), traced(server, run_id, text)
    assert shown["labels"] == [token.replace(" ", "␣") for token in text]
    assert (shown["every"] == 1) == (size <= MOST_LABELS)  # a label each, where there is room
    np.testing.assert_array_equal(np.float32(shown["found"]).reshape(size, size), weights)
    colors = np.array(shown["colors"]).reshape(256, 3)
    drawn = np.array(shown["drawn"]).reshape(size, size, 4)
    lower = np.tri(size, dtype=bool)
    drawn[:3, :3], upper = 0, ~lower
    assert (drawn[upper] == 0).all()  # what lies in the future is not drawn
    lower[:3, :3] = False
    expected = colors[np.floor(255 * weights.astype(np.float64) + 0.5).astype(int)]
    np.testing.assert_allclose(drawn[lower][:, :3], expected[lower], atol=1)
    spans = page.locator(".strip .token")
    expect(spans).to_have_count(len(text))  # another component, drawn by itself
    assert [one.replace("\u00a0", " ") for one in spans.all_text_contents()] == list(text)


def test_every_tile_is_the_head_it_says(server: Server, page: Page, run_id: str) -> None:
    text = TEXTS["date"]
    page.goto(f"{server.url}/attention?run={run_id}&text={quote(text)}")
    settle(page)
    tiles = page.locator(".head-tiles[data-drawn]")
    expect(tiles).to_be_visible()
    drawn = tiles.evaluate(TILE)
    weights = traced(server, run_id, text)
    colors = np.array(drawn["colors"]).reshape(256, 3)
    rows, columns = np.tril_indices(len(text))
    expected = colors[(255 * weights[rows, columns]).round().astype(int)]
    np.testing.assert_allclose(np.array(drawn["cells"])[:, :3], expected, atol=2)


PAINTED = """([script, box, rows, columns, shades, colors, middle]) => {
    const paint = new Function(`${script}; return paint;`)();
    const canvas = new OffscreenCanvas(box.width, box.height), context = canvas.getContext("2d");
    const shade = (row, column) => shades[row * columns + column];
    paint(context, {x: 0, y: 0, ...box}, rows, columns, shade, new Uint8Array(colors), middle);
    return [...context.getImageData(0, 0, box.width, box.height).data];
}"""


@pytest.mark.parametrize("middle", [0, 127.5])
@pytest.mark.parametrize(("rows", "columns"), [(3, 5), (70, 90), (70, 5)])
def test_where_cells_are_more_than_pixels_the_furthest_is_drawn(
    page: Page, rows: int, columns: int, middle: float
) -> None:
    height, width = 17, 23
    chance = np.random.default_rng(0)
    shades = chance.integers(-1, 256, (rows, columns))  # -1: no cell
    colors = chance.integers(0, 256, (256, 3))
    box = {"width": width, "height": height}
    given = [DRAWING, box, rows, columns, shades.ravel().tolist(), colors.ravel().tolist(), middle]
    drawn = np.array(page.evaluate(PAINTED, given)).reshape(height, width, 4)
    for y, x in np.ndindex(height, width):
        cells = shades[under(y, height, rows), under(x, width, columns)]
        here = cells[cells >= 0]
        if not here.size:
            assert (drawn[y, x] == 0).all()
            continue
        furthest = here[np.abs(here - middle).argmax()]
        assert drawn[y, x].tolist() == [*colors[furthest], 255]


def under(pixel: int, pixels: int, cells: int) -> slice:
    """The cells under a pixel: one where there are as many pixels, else all that it touches."""
    first, last = pixel * cells // pixels, -(-(pixel + 1) * cells // pixels)
    return slice(first, first + 1 if pixels >= cells else last)


def traced(server: Server, run_id: str, text: str) -> Float[np.ndarray, "queries keys"]:
    trained = open_model(RunStore(server.checkpoints).open(run_id))
    seen = trace(trained.model, torch.tensor([trained.tokenizer.encode(text)]))
    weights: Float[np.ndarray, "queries keys"] = seen.layers[0].weights[0, 0].numpy()
    return weights
