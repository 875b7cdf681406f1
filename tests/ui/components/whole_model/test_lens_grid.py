import base64

from tests.ui.harness import part


def grid():
    from ui.components.whole_model.lens_grid import LensCell, lens_grid

    cells = [
        [LensCell(likeliest=[("<b>", 0.5), (" ", 0.25)], is_final=False)] * 2,
        [LensCell(likeliest=[(" ", 1.0)], is_final=True)] * 2,
    ]
    lens_grid(
        ["vectors", "layer 1"], ["a", "\n"], cells, key="grid", label="A lens", unit="sure",
        chosen=1, on_choose=print,
    )  # fmt: skip


def test_each_cell_has_its_tokens_in_percent_and_its_colour(draw):
    at = draw(grid)
    data = part(at, "grid")
    assert data["tokens"] == ["a", "↵"]
    assert data["cells"][0][0] == [["<b>", 50.0], ["␣", 25.0]]
    assert list(base64.b64decode(data["shades"])) == [128, 128, 255, 255]
    assert data["final"] == [[False, False], [True, True]]
    assert not at.exception
