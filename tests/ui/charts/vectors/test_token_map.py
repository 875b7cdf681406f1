import re

import numpy as np

from tests.ui.harness import plain
from ui.charts.vectors.places import place_cells
from ui.charts.vectors.points import Points
from ui.charts.vectors.token_map import Frame, Placed, order_of, token_map_chart
from ui.theme import LIGHT

TOKENS = [
    Placed(label="b", x=0.0, y=0.0, kind="letter"),
    Placed(label="a", x=1.0, y=2.0, kind="vowel"),
    Placed(label="<&", x=2.0, y=1.0),
    Placed(label="e", x=1.5, y=2.0, kind="vowel"),
]
FRAME = Frame(left=-1, right=3, low=-1, high=3)


def drawn(**options):
    return token_map_chart(TOKENS, FRAME, (0.3, 0.2), LIGHT, **options)["series"]


def test_the_frame_holds_the_places_of_every_step():
    frame = Frame.around([np.array([[0.0, 1.0], [2.0, 3.0]]), np.array([[-5.0, 9.0], [0.0, 0.0]])])
    assert frame.left < -5
    assert frame.right > 2
    assert frame.low < 0
    assert frame.high > 9


def test_what_is_clicked_is_found_again_in_the_series_of_its_kind():
    _lines, *series = drawn(chosen=None)
    names = [[point["name"] for point in one["data"]] for one in series]
    assert names == [[TOKENS[at].label for at in places] for places in order_of(TOKENS)]
    assert names == [["a", "e"], ["b"], ["<&"]]


def test_lines_lead_from_the_chosen_token_to_its_neighbours_and_back():
    lines = drawn(chosen=1, near=[3, 0])[0]["data"]
    assert lines == [[1.0, 2.0], [1.5, 2.0], [1.0, 2.0], [0.0, 0.0], [1.0, 2.0]]
    assert drawn(chosen=None)[0]["data"] == []


def test_the_picture_has_every_token_where_it_lies_and_reads_none_as_markup():
    points = Points(title="Map", tokens=TOKENS, frame=FRAME, shares=(0.3, 0.2), marked=1)
    svg = plain(points.svg(LIGHT).decode())
    assert "&lt;&amp;" in svg
    assert svg.count("<circle") == 1
    assert "30 % of the variance" in svg
    assert points.alt == "Map. b a e <&"


def test_a_small_table_of_places_is_drawn_no_larger_than_a_large_one():
    widths = [
        re.search(r"max-width:(\d+)rem", place_cells("Map", np.zeros(shape), 1.0).html(LIGHT))
        for shape in ((64, 32), (6, 32))
    ]
    assert [int(one[1]) for one in widths] == [34, 5]
