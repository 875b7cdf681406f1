import re
from pathlib import Path

import pytest
import streamlit as st

from ui.components.drawing import FOLDER, when_chosen

SCRIPTS = FOLDER / "scripts"
UI = Path(__file__).parents[3] / "ui"


class Told:
    """What a browser says was chosen."""

    def __init__(self, chosen):
        self.chosen = chosen


@pytest.mark.parametrize(
    ("said", "sizes", "heard"),
    [
        (3, [4], [(3,)]),
        ([1, 0], [2, 2], [(1, 0)]),
        (4, [4], []),
        (-1, [4], []),
        (True, [4], []),
        (1.0, [4], []),
        ("1", [4], []),
        (None, [4], []),
        ([1], [2, 2], []),
        ([0, 1, 0], [2, 2], []),
        ([0, "x"], [2, 2], []),
        ({"layer": 1}, [4], []),
    ],
)
def test_only_places_that_are_there_are_handed_on(monkeypatch, said, sizes, heard):
    chosen = []
    monkeypatch.setattr(st, "session_state", {"strip": Told(said)})
    when_chosen("strip", sizes, lambda *places: chosen.append(places))()
    assert chosen == heard


def test_no_script_reads_text_as_html_or_asks_anybody_else():
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function"
        r"|https?:|fetch\(|import\b|Math\.random"
    )
    scripts = sorted(SCRIPTS.glob("*.js"))
    # Every script belongs to a part that is drawn, or is what all of them share.
    drawn = {
        name
        for module in UI.rglob("*.py")
        for name in re.findall(r'\bregister_component\("(\w+)"', module.read_text("utf-8"))
    }
    assert {script.stem for script in scripts} == {"drawing", *drawn}
    for script in scripts:
        assert not forbidden.search(script.read_text("utf-8")), script.name


@pytest.mark.parametrize("path", sorted((FOLDER / "styles").iterdir()), ids=lambda path: path.stem)
def test_every_style_is_closed(path):
    # Whatever follows one that is not would be lost, without a word.
    depth = 0
    for line in path.read_text("utf-8").splitlines():
        is_new = line[:1] not in {"", " ", "}", "@"}
        assert not (is_new and depth), line
        depth += line.count("{") - line.count("}")
    assert depth == 0
    assert (FOLDER / "scripts" / f"{path.stem}.js").exists()  # whose it is


DECLARED = re.compile(r"^(?:function|const|let|class)\s+(\w+)", re.MULTILINE)


def test_no_script_declares_what_the_shared_one_declares():
    # Both are one module in the browser, where a name that is declared twice stops all of it.
    shared = set(DECLARED.findall((SCRIPTS / "drawing.js").read_text("utf-8")))
    assert shared
    for script in sorted(set(SCRIPTS.glob("*.js")) - {SCRIPTS / "drawing.js"}):
        names = DECLARED.findall(script.read_text("utf-8"))
        assert not shared & set(names), script.name
        assert len(names) == len(set(names)), script.name
