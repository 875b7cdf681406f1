"""What nobody sees stands as its code: on the pages to take home the same as in the app."""

import re
import sys
import unicodedata
from importlib.resources import files

import pytest

from minigpt.runs.attention import film_file, look_file
from ui.wording import GLYPHS, glyph

ALL = [chr(code) for code in range(sys.maxunicode + 1)]
CLASS = re.compile(r"const UNSEEN = /\[\\p\{C\}\\p\{Z\}([^\]]+)\]/gu;")


@pytest.mark.parametrize("page", [film_file.PAGE, look_file.PAGE])
def test_the_same_characters_of_all_are_written_as_codes(page):
    script = files("minigpt.runs.attention").joinpath(page).read_text(encoding="utf-8")
    [written] = CLASS.findall(script)
    # Python writes its long codes otherwise than JavaScript.
    listed = re.compile(
        "[" + re.sub(r"\\u\{(\w+)\}", lambda one: rf"\U{one[1]:0>8}", written) + "]"
    )
    there = {one for one in ALL if unicodedata.category(one)[0] in "CZ" or listed.match(one)}
    in_the_app = {one for one in ALL if glyph(one) != one}
    assert there ^ in_the_app == set()
    assert in_the_app.issuperset(GLYPHS)
