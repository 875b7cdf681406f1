import base64
import re
from hashlib import sha256

import pytest

from tests.ui.harness import part
from ui.components.drawing import FOLDER

HOSTILE = ["<b>", "</script>", "$x$", "\n", " ", ""]


def strip(tokens, background=None, channel=None, **more):
    import numpy as np

    from ui.components.token_strip import Channel, Follows, token_strip

    given = None
    if background == "follows":
        given = Follows(layer=1, head=0)
    elif background:
        given = Channel(values=np.array(background), high=0.5, **(channel or {}))
    token_strip(
        tokens, key="strip", label="A text", chosen=1, background=given, on_choose=print, **more
    )


def test_tokens_arrive_as_data_and_white_space_is_seen(draw):
    at = draw(strip, tokens=HOSTILE)
    assert part(at, "strip")["tokens"] == ["<b>", "</script>", "$x$", "↵", " ", "∅"]
    assert "script>" not in at.get_by_key("strip").proto.html_content
    assert not at.exception


def test_scripts_are_named_and_not_sent(draw):
    # They would come anew with every answer, to each of thirty visitors.
    part_of_page = draw(strip, tokens=["a", "b", "c"]).get_by_key("strip").proto
    named = re.findall(r"(\w+\.js)\?([0-9a-f]{12})", part_of_page.js_content)
    for name, version in named:
        assert sha256((FOLDER / "scripts" / name).read_bytes()).hexdigest().startswith(version)
    assert [name for name, version in named] == ["drawing.js", "token_strip.js"]
    assert len(part_of_page.js_content) < 1200
    assert ".model-map" not in part_of_page.css_content


def test_a_channel_is_sent_in_shades(draw):
    data = part(draw(strip, tokens=["a", "b", "c"], background=[0.0, 0.25, 9.0]), "strip")
    assert list(base64.b64decode(data["shades"])) == [0, 128, 255]
    assert not data["follows"]


def test_numbers_with_a_sign_have_zero_in_the_middle_and_a_scale(draw):
    channel = {"signed": True, "unit": "what it brings"}
    at = draw(strip, tokens=["a", "b", "c"], background=[-0.5, 0.0, 0.5], channel=channel)
    data = part(at, "strip")
    assert list(base64.b64decode(data["shades"])) in ([0, 127, 255], [0, 128, 255])
    assert data["signed"]
    assert {name: data["words"][name] for name in ("from", "to", "unit")} == {
        "from": "−0.5", "to": "0.5", "unit": "what it brings",
    }  # fmt: skip


def test_without_a_unit_no_scale_is_drawn(draw):
    words = part(draw(strip, tokens=["a"], background=[0.2]), "strip")["words"]
    assert (words["unit"], words["from"], words["to"]) == ("", "", "")


def test_what_a_head_looks_at_comes_from_the_tiles(draw):
    data = part(draw(strip, tokens=["a", "b"], background="follows", group="g"), "strip")
    assert (data["follows"], data["layer"], data["head"]) == (True, 1, 0)
    assert (data["shades"], data["group"]) == (None, "g")


def test_marks_and_candidates_are_sent(draw):
    at = draw(strip, tokens=["a", "b"], marks=[(0, 1)], candidates=[[(" ", 0.5)], []])
    data = part(at, "strip")
    assert data["marks"] == [[0, 1]]
    assert data["candidates"] == [[["␣", 0.5]], []]


def test_things_to_choose_from_stand_apart_with_their_spaces_seen(draw):
    at = draw(strip, tokens=HOSTILE, stands_apart=True, leads_elsewhere=True)
    data = part(at, "strip")
    assert data["tokens"][4] == "␣"
    assert data["apart"]
    assert data["leads"]


@pytest.mark.parametrize("scrolls", [True, False])
def test_a_long_text_scrolls_only_where_that_is_asked_for(draw, scrolls):
    at = draw(strip, tokens=HOSTILE, scrolls=scrolls)
    assert part(at, "strip")["scrolls"] is scrolls
