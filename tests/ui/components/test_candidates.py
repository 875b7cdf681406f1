import base64

import numpy as np

from tests.ui.harness import part


def show(number=0.4, rest=None):
    import numpy as np

    from ui.components.candidates import Die, Row, candidates

    candidates(
        [Row(token="<b>", odds=[0.5, 0.75], came=True), Row(token="\n", odds=[0.25, 0.25])],
        key="candidates",
        label="What could have come",
        stages=["model", "temperature 0.8"],
        rest=rest,
        die=Die(number=number, tokens=["\n", "<b>"], ends=np.array([0.25, 1.0]), falls_on=1),
        on_choose=print,
    )


def test_odds_and_the_number_arrive_as_they_are(draw):
    data = part(draw(show), "candidates")
    assert data["rows"] == [
        {"token": "<b>", "odds": [0.5, 0.75], "came": True},
        {"token": "↵", "odds": [0.25, 0.25], "came": False},
    ]
    assert data["stages"] == ["model", "temperature 0.8"]
    assert data["rest"] is None
    assert (data["die"]["number"], data["die"]["fallsOn"]) == (0.4, 1)
    assert data["die"]["tokens"] == ["↵", "<b>"]
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(data["die"]["ends"])), [0.25, 1])


def test_what_is_not_shown_is_named_as_one(draw):
    data = part(draw(show, rest=("63 others", [0.25, 0.0])), "candidates")
    assert data["rest"] == {"name": "63 others", "odds": [0.25, 0.0]}
