"""Branches of a text, read from the address and written into it."""

from dataclasses import replace

import pytest

from ui.session import branches as module
from ui.session import url
from ui.session.branches import MOST_FORKS, ask_for, branches, forks, is_asked_for, put_forks
from ui.session.texts import Branch, TextSettings

SETTINGS = TextSettings(
    run="run", step=20, prompt="A", temperature=0.8, top_k=0, top_p=1.0, tokens=50, seed=1
)


pytestmark = pytest.mark.usefixtures("address")


def test_forks_are_read_as_they_were_written(address):
    made = [Branch(0, ((12, 45),)), Branch(2, ((1, 2), (3, 4)))]
    put_forks(made)
    assert address[url.FORKS] == "0.12.45_2.1.2.3.4"
    assert forks() == made
    put_forks([])
    assert url.FORKS not in address


@pytest.mark.parametrize(
    "words", ["", "0", "a.1.2", "0.1", "0.2.5.2.6", "0.3.1.2.1", "0.1.2 ", "-1.2.3", "0.1.٣", "_"]
)
def test_what_is_no_fork_is_none(address, words):
    address[url.FORKS] = words
    assert forks() == []


def test_no_more_are_read_than_are_kept(address):
    address[url.FORKS] = "_".join(f"0.{place}.1" for place in range(40))
    assert len(forks()) == MOST_FORKS


def test_a_fork_stands_behind_what_it_comes_from(address):
    first, deeper, second = Branch(0, ((5, 1),)), Branch(0, ((5, 1), (9, 2))), Branch(0, ((7, 1),))
    of_other = Branch(1, ((5, 1),))
    put_forks([first, of_other, second, deeper])
    found = branches(replace(SETTINGS, samples=2), 65)
    assert found == [Branch(0), first, deeper, second, Branch(1), of_other]


def test_what_these_settings_cannot_have_is_left_out(address):
    put_forks([Branch(0, ((60, 1),)), Branch(0, ((5, 99),)), Branch(3, ((5, 1),))])
    assert branches(SETTINGS, 65) == [Branch(0)]


def test_asking_for_other_texts_drops_what_belonged_to_the_ones_before(address):
    ask_for(SETTINGS)
    assert is_asked_for(SETTINGS)
    put_forks([Branch(0, ((5, 1),))])
    ask_for(SETTINGS)
    assert forks(), "they are asked for already"
    other = replace(SETTINGS, temperature=0.9)
    assert not is_asked_for(other)
    ask_for(other)
    assert is_asked_for(other)
    assert module.forks() == []
    assert (address[url.RUN], address[url.STEP], address[url.PROMPT]) == ("run", "20", "A")
