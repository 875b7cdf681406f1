"""What holds for every lesson, because it is in the registry."""

import ast
import re
from dataclasses import is_dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch

from minigpt.lessons.playing.guesses import GIVEN_UP
from minigpt.sentences import Sentence
from tests.ui.harness import ROOT, bring_demos, bring_ladder, read_small_text
from ui.charts.figures import as_html
from ui.screens.learn.lesson import (
    Amount,
    Choice,
    Moments,
    NextLetters,
    Order,
    Place,
    Slider,
    Stops,
    Texts,
)  # fmt: skip
from ui.screens.learn.lessons import LESSONS
from ui.screens.learn.moving import start_of, text_at_hand
from ui.screens.learn.one_step import middle_of
from ui.theme import DARK, LIGHT

MODULES = sorted((ROOT / "ui/screens/learn/lessons").rglob("[!_]*.py"))
STEPS = [(lesson, step) for lesson in LESSONS.values() for step in lesson.steps]
COMPUTED = re.compile(r"\d\.\d|\d{3}")
"""Decimals, and numbers of three digits: what the core has to say, and no lesson may."""

STARTED = {}

each_step = pytest.mark.parametrize(
    ("lesson", "step"), STEPS, ids=[f"{lesson.name}-{step.name}" for lesson, step in STEPS]
)


@pytest.fixture(scope="module", autouse=True)
def _demos(tmp_path_factory):
    """Once, for all these tests: lessons read runs and change none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path_factory.mktemp("lessons")))
        read_small_text(patch)
        bring_demos()
        bring_ladder(text_at_hand(), "sentences")
        yield


def started(step):
    """What a step shows first; some train for it, which one time in all these tests is enough."""
    if id(step) not in STARTED:
        STARTED[id(step)] = step.compute(start_of(step))
    return STARTED[id(step)]


def guesses(step, seen):
    """Guesses of all kinds: none, the right one, others."""
    question, truth = step.question, step.truth(seen)
    match question:
        case Amount():
            return [None, truth, question.low, question.high]
        case Choice():
            return [None, *question.options]
        case Place():
            return [None, *range(len(question.tokens(seen)))]
        case NextLetters(letters=letters, symbols=symbols):
            came = letters(seen)
            return [None, came, GIVEN_UP * len(came), "".join(symbols(seen)) + came[1:6]]
        case Order(options=options):
            return [None, truth, ">".join(options), next(iter(options))]


def test_names_are_different():
    assert list(LESSONS) == [lesson.name for lesson in LESSONS.values()]
    for lesson in LESSONS.values():
        names = [step.name for step in lesson.steps]
        assert len(names) == len(set(names))


@each_step
def test_the_truth_can_be_guessed(lesson, step):
    seen = started(step)
    truth = step.truth(seen)
    match step.question:
        case Amount(low=low, high=high):
            assert low <= truth <= high
        case Choice(options=options):
            assert truth in options
        case Place(tokens=tokens):
            assert truth in range(len(tokens(seen)))
        case NextLetters(shown=shown, symbols=symbols):
            assert set(truth) <= set(symbols(seen))
            assert len(truth) == len(shown(seen))
        case Order(options=options):
            assert sorted(step.question.places(truth)) == sorted(options)


@each_step
def test_a_guess_does_not_begin_at_the_truth(lesson, step):
    question = step.question
    is_of_a_text = any(isinstance(knob, Texts) for knob in step.knobs)
    if isinstance(question, Amount) and not is_of_a_text:
        reach = question.high - question.low
        distance = abs(middle_of(question) - step.truth(started(step)))
        assert distance > reach / 20


@each_step
def test_the_lines_run_as_they_stand_and_give_the_same_numbers(lesson, step):
    seen, names = started(step), {}
    exec(compile(step.code(start_of(step)), f"{lesson.name}-{step.name}", "exec"), names)
    assert step.names
    for name in step.names:
        assert_same(names[name], getattr(seen, name), name)


def assert_same(found, expected, name):
    is_numbers = isinstance(expected, tuple) and any(isinstance(one, float) for one in expected)
    if is_numbers or isinstance(expected, torch.Tensor | np.ndarray | float):
        torch.testing.assert_close(
            torch.as_tensor(found), torch.as_tensor(expected), msg=lambda text: f"{name}: {text}",
            rtol=1e-4, atol=1e-5, check_dtype=False, equal_nan=True,
        )  # fmt: skip
    else:
        assert found == expected, name


@each_step
@pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])
def test_every_figure_is_sound_html_whatever_was_guessed(lesson, step, colors):
    seen = started(step)
    for guess in guesses(step, seen):
        for figure in [*step.before(seen), *step.after(seen, guess)]:
            assert figure.title
            require_sound(as_html(figure, colors))
        assert step.told(seen, guess)


class Checker(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag not in {"img", "br", "line", "circle", "rect", "path", "polyline"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert tag == self.open.pop()


def require_sound(html):
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert not checker.open
    assert "<script" not in html


@each_step
def test_there_is_something_to_guess_from(lesson, step):
    # Who plays reads the text up to the letter, which is drawn beside the keys.
    assert step.before(started(step)) or isinstance(step.question, NextLetters)


@each_step
def test_what_can_be_moved_changes_what_is_seen(lesson, step):
    start = start_of(step)
    before = [figure.html(LIGHT) for figure in step.after(started(step), None)]
    for knob in step.knobs:
        for value in others(knob):
            moved = step.compute({**start, knob.name: value})
            if [figure.html(LIGHT) for figure in step.after(moved, None)] != before:
                break
        else:
            pytest.fail(f"{knob.name} changes nothing")


def others(knob):
    match knob:
        case Slider(low=low, high=high, start=start, step=step):
            return [value for value in (low, low + step, high) if value != start]
        case Stops(options=options, start=start):
            return [one for one in options if one != start]
        case Moments(steps=steps):
            return [str(one) for one in steps()[:-1]]
        case _:
            return {
                "ids": ["46 47"], "corpus": ["sentences"], "writing": ["To be or not to be. " * 20],
            }.get(knob.name, ["the sea", "Ali", "zu"])  # fmt: skip


@each_step
def test_a_step_is_told_in_whole_sentences(lesson, step):
    for text in (step.words, step.because):
        assert text[-1] in ".?:)"
        assert "*" not in text
    assert step.question.text.endswith("?")
    assert isinstance(step.result(started(step)), Sentence | str)


def test_no_figure_is_typed_in():
    typed = [
        f"{path.name}, line {node.lineno}: {node.value!r}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and is_a_result(node.value)
    ]
    assert not typed


def is_a_result(value):
    if isinstance(value, str):
        return bool(COMPUTED.search(value))
    # What sliders begin and end at is round; what comes out of a computation is not.
    return isinstance(value, float) and len(f"{value:e}".split("e")[0].rstrip("0")) > 3


def test_lessons_are_frozen():
    for lesson in LESSONS.values():
        assert is_dataclass(lesson)
        with pytest.raises(AttributeError):
            lesson.title = "Another"


def test_every_module_of_a_lesson_is_used():
    used = "".join(Path(path).read_text("utf-8") for path in [
        *MODULES, ROOT / "ui/screens/learn/lessons/__init__.py",
    ])  # fmt: skip
    for path in MODULES:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        assert f"{name} import" in used
