"""The pages to take home say what they are given, and nothing of their own."""

import re
from importlib.resources import files

import pytest

from minigpt.runs.attention.film import film_of
from minigpt.runs.attention.film_file import film_page
from minigpt.runs.attention.page_words import FILM_WORDS, LOOK_WORDS, PageWords
from minigpt.runs.records import FrameRow
from tests.minigpt.runs.attention.test_look_file import page_data

PAGES = {"film_page.html": FILM_WORDS, "look_page.html": LOOK_WORDS}
ASKED = re.compile(r"""(?:data-say=|data-label=|\bsay\()"(\w+)\"""")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_just_the_words_there_are(name):
    page = files("minigpt.runs.attention").joinpath(name).read_text(encoding="utf-8")
    assert set(ASKED.findall(page)) == PAGES[name].keys()
    body = page.partition("<body>")[2].partition("<script")[0]
    assert not re.search(r">[^<\s]", body), "a text that nobody can translate"


def test_a_page_is_in_the_language_it_is_told():
    said = PageWords(words={**FILM_WORDS, "play": "Putar"}, language="id", decimal=",")
    film = film_of([FrameRow(step=0, layers=1, heads=1, ids=(0,), cells=b"\xff")])
    values = page_data(film_page(film, ["a"], [(0.0, 1.0)], run="r", words=said).decode())
    assert (values["language"], values["decimal"], values["words"]["play"]) == ("id", ",", "Putar")
