"""Addresses that no page of ours ever wrote: each shows the usual, and nobody waits for it."""

import pytest

from tests.ui.harness import bring_demos, bring_ladder
from ui.screens.inside.sections import SECTIONS
from ui.screens.learn.lessons import LESSONS
from ui.screens.learn.moving import text_at_hand
from ui.session import url

ODD = ("", "0", "-1", "999999999999", "1e9", "NaN", "inf", "1_0", "\u0663", "\x00", "<b>", "a" * 9)
"""Numbers that are none, none that there are, and some that int() would take."""
NUMBERED = (
    url.STEP, url.LAYER, url.HEAD, url.TOKEN, url.NEXT, url.AGAINST, url.DISTANCE, url.STANDS,
    url.ASKING, url.FOUND, url.NEURON, url.TAUGHT, url.OF,
)  # fmt: skip
NAMED = (url.PART, url.SECTION, url.RULE, url.RATE, url.MEASURE, url.TABLE, url.DRAWN, url.OFF)
MEGABYTE = "The sea. " * 110_000
SHORT = {"text": "the sea"}


@pytest.mark.parametrize("value", ODD)
def test_the_inside_shows_what_it_knows(visit, gpt, value):
    everything = dict.fromkeys((*NUMBERED, *NAMED, "lang", "size"), value)
    for section in (value, *SECTIONS):
        at = visit("inside", run=gpt.id, **SHORT, **{**everything, url.SECTION: section})
        assert not at.exception, section


@pytest.mark.parametrize("section", SECTIONS)
def test_a_text_of_a_megabyte_is_cut_before_it_is_read(visit, gpt, section):
    at = visit("inside", run=gpt.id, section=section, text=MEGABYTE, sentence=MEGABYTE, taught="1")
    assert not at.exception
    assert len(at.text_area[0].value) < 2_500


def test_a_run_that_is_none_is_named_no_longer_than_can_be_read(visit, gpt):
    at = visit("inside", run="../" * 100_000, **SHORT)
    assert not at.exception
    assert max(len(one.value) for one in at.warning) < 500


@pytest.mark.parametrize("value", ODD)
def test_lessons_open_at_a_step_that_there_is(visit, value):
    bring_demos()
    bring_ladder(text_at_hand())
    first = next(iter(LESSONS))
    for lesson in (value, first):
        at = visit("learn", lesson=lesson, part=value, lang=value, text=value, prompt=value)
        assert not at.exception, lesson


def test_a_lesson_is_read_in_a_megabyte_of_nothing(visit):
    bring_demos()
    for name in LESSONS:
        at = visit("learn", lesson=name, part=MEGABYTE, text=MEGABYTE, lang=MEGABYTE)
        assert not at.exception, name
