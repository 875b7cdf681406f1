import threading

import pytest

from minigpt.errors import RunError
from ui.services.work import ahead
from ui.services.work.ahead import FRESH_SECONDS, Ahead, is_somebody_answered


class Clock:
    """Time that passes only while somebody looks at it."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 0.03
        return self.now


def quiet(**changes):
    return Ahead(**{"is_busy": lambda: False, **changes})


def test_what_was_asked_for_last_is_done_first_and_nothing_twice():
    done, begun, go_on = [], threading.Event(), threading.Event()

    def first():
        begun.set()
        go_on.wait()

    work = quiet()
    work.prepare({"first": first})
    begun.wait()
    work.prepare({"old": lambda: done.append("old"), "both": lambda: done.append("both")})
    work.prepare({"new": lambda: done.append("new"), "both": lambda: done.append("both")})
    go_on.set()
    work.finish()
    assert done == ["new", "both", "old"]
    work.prepare({"new": lambda: done.append("again")})
    work.finish()
    assert done == ["new", "both", "old"]


def test_after_a_while_it_may_be_forgotten_and_is_done_anew():
    done, clock = [], Clock()
    work = quiet(clock=clock)
    for waited, times in ((0, 1), (FRESH_SECONDS / 2, 1), (FRESH_SECONDS, 2)):
        clock.now += waited
        work.prepare({"one": lambda: done.append("one")})
        work.finish()
        assert len(done) == times


def test_what_fails_keeps_nothing_else_from_being_done(caplog):
    done = []

    def refuse():
        raise RunError("there is no such run")

    def fail():
        raise ValueError("a slip")

    work = quiet()
    work.prepare({"refused": refuse, "failed": fail, "good": lambda: done.append("good")})
    work.finish()
    assert done == ["good"]
    assert "a slip" in caplog.text
    assert "no such run" not in caplog.text


def test_of_too_much_what_was_asked_for_longest_ago_is_forgotten():
    done, begun, go_on = [], threading.Event(), threading.Event()

    def first():
        begun.set()
        go_on.wait()

    work = quiet(most=2)
    work.prepare({"first": first})
    begun.wait()
    for name in "abc":
        work.prepare({name: lambda name=name: done.append(name)})
    go_on.set()
    work.finish()
    assert done == ["c", "b"]


def test_others_go_first_but_not_for_ever():
    answers = [True, True, False]
    quiet(is_busy=lambda: answers.pop(0)).let_others_first()
    assert not answers
    quiet(is_busy=lambda: True, clock=Clock()).let_others_first()


def test_a_page_that_is_drawn_is_seen():
    assert not is_somebody_answered()
    over = threading.Event()
    page = threading.Thread(target=over.wait, name=ahead.SCRIPT)
    page.start()
    assert is_somebody_answered()
    over.set()
    page.join()
    assert not is_somebody_answered()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_ends_the_thread_does_not_end_the_work():
    def end():
        raise SystemExit

    done = []
    work = quiet()
    work.prepare({"end": end})
    work.finish()
    work.prepare({"next": lambda: done.append("next")})
    work.finish()
    assert done == ["next"]
