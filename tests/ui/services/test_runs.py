import dataclasses
import math
import os
import shutil
import time

import numpy as np
import pytest
import streamlit as st
from streamlit.runtime.caching import cache_utils

from minigpt.corpora import CORPORA
from minigpt.corpora.statistics import long_run_entropies, ngram_entropies, statistics
from minigpt.errors import CorpusError, RunError
from minigpt.jobs import queue
from minigpt.runs.analysis.leaderboard import read_compute_history
from minigpt.runs.analysis.metric_history import MetricCurves
from minigpt.runs.labels import set_labels
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore
from minigpt.tokenizers.character import CharacterTokenizer
from tests.launching import FakeLauncher, install
from tests.ui.harness import DONE, ROWS, SMALL_TEXT, made_run, tiny_config
from ui.services import counting, runs
from ui.services.runs import SETTLED_SECONDS, KnownRuns, compute_history

EVALUATED = [(row["step"], row["validation_loss"]) for row in ROWS if row["validation_loss"]]


@pytest.fixture
def launched(monkeypatch):
    """The runs that would have been trained."""
    return install(monkeypatch, FakeLauncher()).runs


def break_shakespeare(monkeypatch):
    """Tiny Shakespeare cannot be had; returns a list with an entry for each attempt."""
    asked = []

    def refuse():
        asked.append("tiny-shakespeare")
        raise CorpusError("There is no internet.")

    source = dataclasses.replace(CORPORA["tiny-shakespeare"], read=refuse, is_ready=lambda: False)
    monkeypatch.setitem(CORPORA, source.name, source)
    return asked


def test_what_expires_while_it_is_taken_is_asked_for_once_more(monkeypatch):
    """Streamlit looks whether something is kept and then takes it: two looks at the clock."""
    moments, asked = [0.0], []

    def clock():
        return moments.pop(0) if len(moments) > 1 else moments[0]

    monkeypatch.setattr(cache_utils, "TTLCACHE_TIMER", clock)

    @st.cache_resource(ttl=1.0)
    def kept(name):
        return asked.append(name) or len(asked)

    assert runs.once_more(kept, "a") == 1
    assert runs.once_more(kept, "a") == 1
    moments[:] = [0.9, 1.1]
    assert runs.once_more(kept, "a") == 2

    def broken():
        raise KeyError("its own")

    with pytest.raises(KeyError, match="its own"):
        runs.once_more(broken)


def test_there_are_no_runs_at_first():
    assert runs.all_runs() == []


def test_runs_are_listed_newest_first():
    made_run(name="older", steps=())
    made_run(name="newer", steps=())
    assert [run.name for run in runs.all_runs()] == ["newer", "older"]


def test_a_snapshot_holds_what_the_run_wrote():
    run = made_run()
    seen = runs.snapshot(run.id)
    assert seen.status is Status.FINISHED
    assert seen.summary.best_validation_loss == 2.5
    assert seen.state.parameters == DONE["parameters"]
    assert seen.settings.values == run.config().to_dict()
    assert [sample.step for sample in seen.samples] == [0, 20]
    assert [event.text for event in seen.events] == ["Training began"]
    assert [checkpoint.step for checkpoint in seen.checkpoints] == [0, 20]


def test_curves_are_the_numbers_logged_without_the_gaps():
    seen = runs.snapshot(made_run().id)
    assert list(seen.curves.validation_loss) == EVALUATED
    assert list(seen.curves.train_loss) == [(row["step"], row["train_loss"]) for row in ROWS]
    assert list(seen.curves.gradient_norm) == []


def test_a_snapshot_of_a_run_that_has_done_nothing_yet_is_empty():
    seen = runs.snapshot(made_run(steps=(), state=None, end=None).id)
    assert seen.status is Status.STARTING
    assert seen.curves == MetricCurves()
    assert not seen.samples
    assert not seen.checkpoints


def test_an_unknown_run_is_an_expected_failure():
    with pytest.raises(RunError, match="no run called 'gone'"):
        runs.snapshot("gone")


def test_thirty_viewers_cost_one_read(monkeypatch):
    run = made_run()
    read = []
    summarise = RunStore.summarise
    monkeypatch.setattr(
        RunStore, "summarise", lambda store, run: read.append(run.id) or summarise(store, run)
    )
    for _ in range(30):
        runs.snapshot(run.id)
    assert read == [run.id]


def test_all_viewers_share_one_snapshot_and_nobody_copies_it():
    run = made_run()
    assert runs.snapshot(run.id) is runs.snapshot(run.id)


def test_what_was_done_to_a_run_shows_at_once():
    run = made_run()
    assert runs.snapshot(run.id).summary.name == "Made by hand"
    assert [listed.name for listed in runs.all_runs()] == ["Made by hand"]
    runs.store().rename(run.id, "New")
    runs.forget_run(run.id)
    assert runs.snapshot(run.id).summary.name == "New"
    assert [listed.name for listed in runs.all_runs()] == ["New"]


def test_looking_at_a_run_that_waits_moves_the_queue_on_and_tells_its_place(monkeypatch):
    ticked = []
    monkeypatch.setattr(queue, "start_due_runs", ticked.append)
    first, second = (made_run(steps=(), state=None, end=None) for _ in range(2))
    for run in (first, second):
        queue.enqueue(run)
    assert runs.snapshot(first.id).queue_position.position == 1
    assert runs.snapshot(second.id).queue_position.position == 2
    assert len(ticked) == 2


def test_a_run_that_does_not_wait_has_no_place():
    assert runs.snapshot(made_run(steps=()).id).queue_position is None


@pytest.mark.parametrize("length", [0, 5, runs.LOG_TAIL_BYTES])
def test_a_short_log_is_read_whole(length):
    run = made_run(steps=())
    run.log.write_text("x" * length, "utf-8")
    assert runs.log_tail(run.id) == runs.LogEnd("x" * length, is_cut=False)


def test_of_a_long_log_only_the_end_is_read(monkeypatch):
    run = made_run(steps=())
    run.log.write_text("é" * runs.LOG_TAIL_BYTES, "utf-8")
    end = runs.log_tail(run.id)
    assert end.is_cut
    assert end.text == "é" * (runs.LOG_TAIL_BYTES // 2)


def test_a_log_that_is_not_there_is_empty():
    assert runs.log_tail(made_run(steps=()).id) == runs.LogEnd("", is_cut=False)


def test_a_text_is_read_once_and_shared():
    assert runs.corpus("tiny-shakespeare").text == SMALL_TEXT
    assert runs.corpus("tiny-shakespeare") is runs.corpus("tiny-shakespeare")


def test_statistics_are_those_of_the_text():
    found = runs.corpus_statistics("tiny-shakespeare")
    assert found == statistics(runs.corpus("tiny-shakespeare"))


def test_a_text_is_called_by_its_title_and_one_that_is_gone_by_its_key():
    assert runs.corpus_title("sentences") == "Short sentences"
    assert runs.corpus_title("gone-12345678") == "gone-12345678"


def test_the_first_text_is_shakespeare_and_offline_pythons_documentation(monkeypatch):
    assert runs.first_corpus() == "tiny-shakespeare"
    break_shakespeare(monkeypatch)
    runs.st.cache_data.clear()
    runs.st.cache_resource.clear()
    assert runs.first_corpus() == "python-docs"


def test_beginning_a_run_writes_it_down_and_starts_its_worker(launched):
    assert runs.all_runs() == []
    run = runs.start_run(tiny_config(), name="Mine")
    assert [started.id for started in launched] == [run.id]
    assert [listed.name for listed in runs.all_runs()] == ["Mine"]
    assert run.config().corpus.sha256 == runs.corpus("tiny-shakespeare").sha256


def test_a_run_that_cannot_work_is_not_begun(launched):
    with pytest.raises(CorpusError, match="validation part"):
        runs.start_run(tiny_config(model__context_length=8000), name="Mine")
    assert launched == []
    assert runs.all_runs() == []


def test_train_one_now_takes_the_quick_preset_on_the_first_text(launched):
    config = runs.train_one_now().config()
    assert config.corpus.name == "tiny-shakespeare"
    assert config.training.steps == runs.PRESETS["quick"].config.training.steps
    assert runs.all_runs()[0].name == "First run on Tiny Shakespeare"


def test_entropy_lines_are_what_counting_reaches():
    found = runs.corpus_statistics("tiny-shakespeare").entropies
    longer = long_run_entropies(runs.corpus("tiny-shakespeare"))
    lines = counting.entropy_lines(runs.snapshot(made_run(steps=()).id))
    assert lines == {
        "even guess": found.uniform,
        "character counts": found.unigram,
        "character pairs": found.bigram,
        "character triples": found.trigram,
        **{f"sequences of {length} characters": longer[length] for length in (4, 5, 6)},
    }
    assert list(lines.values()) == sorted(lines.values(), reverse=True)


def test_entropy_lines_of_a_fine_tuned_run_count_what_its_model_reads():
    run = made_run(steps=())
    text = runs.corpus("tiny-shakespeare")
    known = "".join(sorted(set(text.text) - set("et"))) + "\u20ac"  # it knows one more, too
    tokenizer = CharacterTokenizer.train(known)
    start = {"kind": "fine_tune", "run": "another", "step": 20}
    run.write("config", {**run.read("config"), "start": start})
    run.write("tokenizer", tokenizer.to_dict())
    lines = counting.entropy_lines(runs.snapshot(run.id))
    training, validation = (
        np.array(tokenizer.encode("".join(one for one in part if one in known)))
        for part in (text.training_text, text.validation_text)
    )
    expected = ngram_entropies(training, validation, len(known))
    assert lines["even guess"] == math.log(len(known)) == expected.uniform
    assert lines["character counts"] == pytest.approx(expected.unigram)
    assert lines["character pairs"] == pytest.approx(expected.bigram)


def test_entropy_lines_compare_only_what_can_be_compared():
    words = made_run(config=tiny_config(tokenizer__kind="word"), steps=())
    assert counting.entropy_lines(runs.snapshot(words.id)) == {}


@pytest.mark.parametrize("name", ["gone-12345678", "tiny-shakespeare"])
def test_entropy_lines_never_wait_for_a_text_that_is_not_here(monkeypatch, name):
    run = made_run(config=tiny_config(corpus__name=name), steps=())
    asked = break_shakespeare(monkeypatch)
    assert counting.entropy_lines(runs.snapshot(run.id)) == {}
    assert asked == []


def test_entropy_lines_do_not_take_a_large_file_for_a_text_of_the_same_name():
    run = made_run(steps=())
    values = run.read("config")
    run.write("config", {**values, "corpus": {**values["corpus"], "path": "/big.txt"}})
    assert counting.entropy_lines(runs.snapshot(run.id)) == {}


def test_entropy_lines_of_a_damaged_run_are_none():
    run = made_run(steps=())
    run.write("config", {"tokenizer": {"kind": "character"}})
    assert counting.entropy_lines(runs.snapshot(run.id)) == {}


def test_a_compute_history_is_read_again_only_when_it_has_grown(monkeypatch):
    reads = []

    def read(run):
        reads.append(run.id)
        return read_compute_history(run)

    monkeypatch.setattr(runs, "read_compute_history", read)
    run = made_run(steps=())
    run.metrics.write_text('{"step": 0, "tokens": 0, "validation_loss": 4.0}\n')
    assert compute_history(run.id).looks == ((0, 0.0, 4.0),)
    assert compute_history(run.id).looks == ((0, 0.0, 4.0),)
    assert len(reads) == 1
    run.append("metrics", {"step": 5, "tokens": 10, "validation_loss": 3.0})
    assert compute_history(run.id).looks[-1] == (5, 10.0, 3.0)
    assert len(reads) == 2


def test_a_run_that_has_written_nothing_has_an_empty_compute_history():
    assert compute_history(made_run(steps=(), state=None).id).looks == ()


def test_a_run_that_is_gone_is_told():
    with pytest.raises(RunError, match="no run called"):
        compute_history("gone")


@pytest.fixture
def store():
    return RunStore.default()


@pytest.fixture
def read(monkeypatch):
    """The runs whose files were read to summarise them."""
    seen, real = [], RunStore.summarise

    def summarise(store, run):
        seen.append(run.id)
        return real(store, run)

    monkeypatch.setattr(RunStore, "summarise", summarise)
    return seen


def settle(run):
    """Let a run's last change have been a while ago."""
    then = time.time() - SETTLED_SECONDS - 10
    os.utime(run.path, (then, then))


def test_a_run_that_has_ended_is_read_once(store, read):
    run = made_run(name="ended")
    settle(run)
    known = KnownRuns(store)
    first = known.summaries()
    assert known.summaries() == first == [store.summarise(run)]
    assert read == [run.id, run.id]  # the second time by this test


def test_whatever_changes_in_its_folder_is_seen(store):
    run = made_run(name="before")
    settle(run)
    known = KnownRuns(store)
    assert [one.name for one in known.summaries()] == ["before"]
    store.rename(run.id, "after")
    assert [one.name for one in known.summaries()] == ["after"]
    set_labels(run, note="a note")
    assert [one.note for one in known.summaries()] == ["a note"]
    run.remove("exit")
    assert [one.status for one in known.summaries()] == [Status.KILLED]
    run.write("queued", {"at": time.time(), "owner": ""})
    assert [one.status for one in known.summaries()] == [Status.QUEUED]


def test_what_changed_just_now_is_not_trusted_to_show_by_its_time(store, read):
    run = made_run(name="now")
    known = KnownRuns(store)
    known.summaries()
    about = run.path.stat()
    store.rename(run.id, "within the same tick of the clock")
    os.utime(run.path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert [one.name for one in known.summaries()] == ["within the same tick of the clock"]


def test_a_run_that_trains_is_read_at_every_look(store, read):
    run = made_run(name="live")
    run.remove("exit")
    run.write("state", {**run.read("state"), "heartbeat": time.time()})
    known = KnownRuns(store)
    with run.lock():
        settle(run)
        assert [one.status.is_live for one in known.summaries()] == [True]
        run.append("events", {"text": "this is no change of the folder"})
        assert [one.status.is_live for one in known.summaries()] == [True]
    assert read == [run.id, run.id]
    assert [one.status.is_live for one in known.summaries()] == [False]


def test_runs_that_are_gone_are_not_listed(store):
    runs = [made_run(name=name) for name in ("one", "two")]
    for run in runs:
        settle(run)
    known = KnownRuns(store)
    assert len(known.summaries()) == 2
    shutil.rmtree(runs[0].path)
    assert [one.id for one in known.summaries()] == [runs[1].id]


def test_a_name_that_other_runs_have_is_numbered():
    assert runs.free_name("First run") == "First run"
    for name in ("First run", "First run 2", "Another"):
        made_run(name=name, steps=())
    runs.list_runs.clear()
    assert runs.free_name("First run") == "First run 3"
    assert runs.free_name("Another") == "Another 2"
    made_run(name="x" * 80, steps=())
    runs.list_runs.clear()
    assert runs.free_name("x" * 80) == "x" * 78 + " 2"
