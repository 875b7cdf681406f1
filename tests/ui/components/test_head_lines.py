import base64

import numpy as np

from tests.ui.harness import part


def lines(high=1.0):
    import numpy as np

    from ui.components.head_lines import head_lines
    from ui.components.head_map import Scale

    weights = np.tril(np.random.default_rng(0).random((4, 4), dtype=np.float32))
    head_lines(
        weights,
        ["a", " ", "<b>", "d"],
        key="lines",
        scale=Scale(low=0, high=high, unit="share", clipped=high < 1),
        chosen=(3, 1),
        group="g",
        file="lines",
        on_choose=print,
    )


def test_the_weights_are_sent_as_they_are(draw):
    data = part(draw(lines), "lines")
    found = np.frombuffer(base64.b64decode(data["values"]), dtype=np.float32).reshape(4, 4)
    expected = np.tril(np.random.default_rng(0).random((4, 4), dtype=np.float32))
    np.testing.assert_array_equal(found, expected)
    assert data["tokens"] == ["a", "␣", "<b>", "d"]
    assert data["chosen"] == [3, 1]


def test_the_legend_says_where_lines_are_strongest(draw):
    assert part(draw(lines), "lines")["words"]["high"] == "strongest line: 1"
    words = part(draw(lines, high=0.25), "lines")["words"]
    assert words["high"] == "strongest line: 0.25 and more"
    assert words["unit"] == "share; lines of other tokens are fainter"
