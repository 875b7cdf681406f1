import pytest

from tests.ui.harness import part


def picture(**more):
    from ui.components.whole_model.model_map import MapRow, MapStage, PartBox, model_map

    rows = [
        MapRow(kind="words", title="<b>"),
        MapRow(kind="parts", way="starts", parts=[PartBox(title="token", heard="all", amount=0.0)]),
        MapRow(
            kind="parts", way="added",
            parts=[
                PartBox(title="1.1", heard="head 1.1", amount=2.0),
                PartBox(title="1.2", heard="head 1.2"),
            ],
        ),
    ]  # fmt: skip
    model_map(
        rows, key="map", chosen=1, label="A model", high=2.0,
        stages=[MapStage(parts=[1, 2], words="heads")], on_choose=print, **more,
    )  # fmt: skip


def test_parts_are_counted_through_the_picture(draw):
    data = part(draw(picture), "map")
    assert [[one["index"] for one in row["parts"]] for row in data["rows"]] == [[], [0], [1, 2]]
    assert (data["chosen"], data["stages"][0]["parts"]) == (1, [1, 2])


def test_colours_have_zero_in_the_middle_and_none_where_nothing_is_said(draw):
    shades = [one["shade"] for row in part(draw(picture), "map")["rows"] for one in row["parts"]]
    assert shades[0] in (127, 128)
    assert shades[1:] == [255, None]


@pytest.mark.parametrize("small", [False, True])
def test_words_arrive_as_data(draw, small):
    at = draw(picture, small=small)
    data = part(at, "map")
    assert data["rows"][0]["title"] == "<b>"
    assert data["small"] == small
    assert "<b>" not in at.get_by_key("map").proto.html_content
    assert not at.exception
