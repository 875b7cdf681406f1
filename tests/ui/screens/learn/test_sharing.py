from itertools import count

import pytest
import streamlit as st

from ui.screens.learn import sharing
from ui.screens.learn.lesson import Slider, Stops
from ui.screens.learn.lessons import LESSONS
from ui.screens.learn.moving import start_of
from ui.screens.learn.sharing import (
    prepare_lessons,
    scenes_of,
    shared_numbers,
    tell_progress,
    with_progress_bar,
)


def test_a_step_is_computed_once_for_all_who_look_at_it():
    computed = []

    def compute():
        computed.append(1)
        return object()

    first = shared_numbers("a/b", (("seed", 1),), compute)
    assert shared_numbers("a/b", (("seed", 1),), compute) is first
    assert shared_numbers("a/b", (("seed", 2),), compute) is not first
    assert shared_numbers("a/c", (("seed", 1),), compute) is not first
    assert len(computed) == 3


class Place:
    """Where a bar would be."""

    def __init__(self, seen):
        self.seen = seen

    def progress(self, share, text):
        self.seen.append((share, text))

    def empty(self):
        self.seen.append("gone")


@pytest.fixture
def seen(monkeypatch):
    """What is shown to who waits."""
    seen = []
    monkeypatch.setattr(st, "empty", lambda: Place(seen))
    return seen


def clock(*, step):
    """Each look at it finds so many seconds more gone."""
    return count(0.0, step).__next__


def test_who_waits_sees_how_far_it_is_and_nobody_else_is_told(seen):
    def compute():
        for share in (0.25, 0.5, 0.9):
            tell_progress(share)
        return 7

    assert with_progress_bar("Learning …", compute, clock=clock(step=2)) == 7
    assert seen == [
        (0.25, "Learning …"),
        (0.5, "Learning … About 4 s left."),
        (0.9, "Learning …"),  # less than a second is not told
        "gone",
    ]
    assert compute() == 7
    assert len(seen) == 4


def test_what_is_there_at_once_is_not_announced(seen):
    quick = clock(step=0.9 * sharing.GRACE_SECONDS)
    assert with_progress_bar("Learning …", lambda: tell_progress(0.5), clock=quick) is None
    assert seen == ["gone"]


@pytest.fixture
def asked(monkeypatch):
    """The names of what is to be computed ahead, in their order."""
    asked = []
    monkeypatch.setattr(sharing.AHEAD, "prepare", asked.extend)
    return asked


def test_the_next_step_comes_first_then_all_that_takes_long(asked):
    lesson = LESSONS["break-it"]
    prepare_lessons(LESSONS.values(), lesson, lesson.step("no-mask"))
    following = list(dict.fromkeys((name, step) for name, step, *_scene in asked))
    assert following[0] == ("break-it", "no-residual")
    assert set(following) == {
        (one.name, step.name) for one in LESSONS.values() for step in one.steps if step.waiting
    }
    assert len(asked) == len(set(asked))
    assert following.index(("break-it", "hidden")) < following.index(("tuning", "luck"))
    assert following[-1] == ("break-it", "rate")  # it lies behind


def test_after_the_last_step_comes_the_next_lesson(asked):
    lesson = LESSONS["tokens"]
    prepare_lessons(LESSONS.values(), lesson, lesson.steps[-1])
    assert asked[0][:2] == ("examples", LESSONS["examples"].steps[0].name)


def test_each_knob_is_prepared_for_all_it_can_stand_at():
    step = LESSONS["tuning"].step("luck")
    scenes = list(scenes_of(step))
    assert scenes[0] == start_of(step)
    # Ninety-nine seeds, and whatever anybody may type, are computed when they are asked for.
    assert [scene["steps"] for scene in scenes] == [16, 4, 8, 12, 20, 24, 28, 32, 36, 40]
    for one in LESSONS.values():
        for step in (step for step in one.steps if step.waiting):
            for scene in scenes_of(step):
                for knob in step.knobs:
                    if isinstance(knob, Stops):
                        assert scene[knob.name] in knob.options
                    if isinstance(knob, Slider):
                        assert knob.low <= scene[knob.name] <= knob.high
