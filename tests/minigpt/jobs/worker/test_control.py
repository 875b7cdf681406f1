import signal

import pytest

from minigpt.jobs.worker.control import INTERVAL_SECONDS, Requests, forget_stale


class Clock:
    """Stands still until `go_on` is called: then it is time for the next look."""

    now = 0.0

    def __call__(self):
        return self.now

    def go_on(self):
        self.now += INTERVAL_SECONDS


@pytest.fixture
def clock():
    return Clock()


def test_nothing_was_asked_for(run):
    requests = Requests(run)
    assert not requests.stop_pending()
    assert not requests.pause_pending()
    assert not requests.take_save()
    assert not requests.take_sample()


def test_requests_are_looked_for_now_and_then(run, clock):
    requests = Requests(run, clock)
    assert not requests.stop_pending()
    run.request(stop=True, pause=True)
    assert not requests.stop_pending()
    assert not requests.pause_pending()
    clock.go_on()
    assert requests.stop_pending()
    assert requests.pause_pending()


@pytest.mark.parametrize("name", ["save", "sample"])
def test_a_request_that_counts_is_granted_once(run, clock, name):
    requests = Requests(run, clock)
    take = {"save": requests.take_save, "sample": requests.take_sample}
    other = take["sample" if name == "save" else "save"]
    assert not take[name]()
    run.request(**{name: 1})
    clock.go_on()
    assert [take[name](), take[name](), other()] == [True, False, False]
    run.request(**{name: 3})
    clock.go_on()
    assert [take[name](), take[name](), take[name]()] == [True, True, False]


def test_what_was_asked_of_an_earlier_worker_is_not_done_again(run, clock):
    run.request(save=4, sample=2)
    requests = Requests(run, clock)
    assert not requests.take_save()
    run.request(save=5)
    clock.go_on()
    assert [requests.take_save(), requests.take_save()] == [True, False]
    assert not requests.take_sample()


def test_a_stop_asked_for_before_the_worker_was_ready_counts(run):
    run.request(stop=True)
    assert Requests(run).stop_pending()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_requests_to_stop(run, monkeypatch, name):
    handlers = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    requests = Requests(run)
    assert handlers == {}
    requests.listen()
    assert not requests.stop_pending()
    handlers[name](name, None)
    assert requests.stop_pending()
    assert not requests.pause_pending()


@pytest.mark.parametrize("content", ["[", "[]", '{"stop": "no", "pause": 1, "save": "x"}', ""])
def test_a_damaged_control_file_asks_for_nothing(run, clock, content):
    requests = Requests(run, clock)
    (run.path / "control.json").write_text(content, encoding="utf-8")
    clock.go_on()
    assert not requests.stop_pending()
    assert not requests.pause_pending()
    assert not requests.take_save()


@pytest.mark.parametrize(
    ("asked", "launched", "ended", "kept"),
    [
        (5.0, None, None, True),
        (5.0, 4.0, None, True),
        (5.0, 6.0, None, False),
        (5.0, 4.0, 6.0, False),
        (5.0, 4.0, 3.0, True),
        (None, 4.0, None, False),
    ],
)
def test_requests_older_than_the_newest_worker_are_forgotten(run, asked, launched, ended, kept):
    for name, at in (("control", asked), ("launch", launched), ("exit", ended)):
        run.write(name, {"stop": True} if at is None else {"stop": True, "at": at})
    forget_stale(run)
    assert bool(run.read("control")) == kept
