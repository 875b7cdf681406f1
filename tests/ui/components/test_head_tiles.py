import numpy as np
import pytest

from tests.ui.harness import part, tile_shades
from ui.components.head_tiles import MOST_BYTES, thin_maps, tokens_per_cell


def tiles(layers=2, heads=3, tokens=4, high=1.0, seed=0):
    import numpy as np

    from ui.components.head_tiles import Measure, head_tiles

    maps = np.random.default_rng(seed).random((layers, heads, tokens, tokens), dtype=np.float32)
    head_tiles(
        maps,
        [str(one) for one in range(tokens)],
        key="tiles",
        measure=Measure(unit="share", high=high, clipped=high < 1),
        names=[["first"] + [""] * (heads - 1)] * layers,
        group="g",
        on_choose=print,
    )


@pytest.mark.parametrize("high", [1.0, 0.25])
def test_every_cell_of_the_lower_triangles_is_sent_and_no_other(draw, high):
    data = part(draw(tiles, high=high), "tiles")
    maps = np.random.default_rng(0).random((2, 3, 4, 4), dtype=np.float32)
    rows, columns = np.tril_indices(4)
    expected = (255 * (maps / high).clip(0, 1)).round()[..., rows, columns]
    np.testing.assert_array_equal(tile_shades(data), expected)
    assert data["end"] == high
    assert data["words"]["end"] == ("1" if high == 1 else "0.25 and more")


def test_each_head_is_named_for_the_eye_and_for_the_ear(draw):
    data = part(draw(tiles), "tiles")
    assert data["titles"] == [["1.1 first", "1.2", "1.3"], ["2.1 first", "2.2", "2.3"]]
    assert data["labels"][1][:2] == ["Layer 2, head 1: first", "Layer 2, head 2"]


def test_six_by_six_heads_on_128_tokens_are_sent_whole_and_are_small(draw):
    at = draw(tiles, layers=6, heads=6, tokens=128)
    data = part(at, "tiles")
    assert data["every"] == 1
    assert len(at.get_by_key("tiles").proto.json) < 700_000
    assert "strongest of" not in data["words"]["unit"]


def test_longer_texts_share_cells_and_that_is_said(draw):
    at = draw(tiles, layers=2, heads=2, tokens=256)
    data = part(at, "tiles")
    assert (data["every"], data["size"]) == (2, 128)
    assert "each cell is the strongest of 2 × 2 tokens" in data["words"]["unit"]


def test_cells_that_are_shared_keep_the_strongest():
    shade = np.arange(25, dtype=np.uint8).reshape(1, 1, 5, 5)
    assert thin_maps(shade, 2)[0, 0].tolist() == [[6, 8, 9], [16, 18, 19], [21, 23, 24]]
    np.testing.assert_array_equal(thin_maps(shade, 1), shade)


@pytest.mark.parametrize(
    ("heads", "tokens"), [(1, 1), (36, 128), (144, 128), (144, 1024), (9, 256)]
)
def test_whatever_the_model_the_maps_stay_small(heads, tokens):
    every = tokens_per_cell(heads, tokens)
    side = -(-tokens // every)
    assert side <= 128
    assert heads * side * (side + 1) // 2 <= MOST_BYTES


def signed(order=None):
    import numpy as np

    from ui.components.head_tiles import Measure, head_tiles

    maps = np.random.default_rng(0).uniform(-1, 1, (2, 2, 4, 4)).astype(np.float32)
    head_tiles(
        maps,
        list("abcd"),
        key="tiles",
        measure=Measure(unit="more", low=-0.5, high=0.5, clipped=True),
        names=[["", ""], ["", ""]],
        group="g",
        order=order,
        on_choose=print,
    )


def test_more_and_less_have_zero_in_the_middle(draw):
    data = part(draw(signed), "tiles")
    maps = np.random.default_rng(0).uniform(-1, 1, (2, 2, 4, 4)).astype(np.float32)
    rows, columns = np.tril_indices(4)
    expected = (255 * (maps + 0.5).clip(0, 1)).round()[..., rows, columns]
    assert np.abs(tile_shades(data).astype(float) - expected).max() <= 1
    assert (data["low"], data["words"]["low"]) == (-0.5, "-0.5 and less")


def test_shared_cells_of_more_and_less_keep_what_is_furthest_from_zero():
    shade = np.array([[120, 10], [130, 200]], dtype=np.uint8)[None, None]
    assert thin_maps(shade, 2, middle=127.5).item() == 10
    assert thin_maps(255 - shade, 2, middle=127.5).item() == 245


def test_heads_are_drawn_in_the_order_that_is_given(draw):
    order = [(1, 0), (0, 1), (0, 0), (1, 1)]
    data = part(draw(signed, order=order), "tiles")
    assert (data["order"], data["sorted"]) == ([list(one) for one in order], True)
    assert data["titles"][1][0] == "2.1"  # a head keeps its name wherever it is drawn
    plain = part(draw(signed), "tiles")
    assert (plain["order"], plain["sorted"]) == ([[0, 0], [0, 1], [1, 0], [1, 1]], False)
    np.testing.assert_array_equal(tile_shades(data), tile_shades(plain))
