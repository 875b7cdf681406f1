import dataclasses

import pytest

from minigpt.corpora import CORPORA
from minigpt.corpora.statistics import statistics
from minigpt.errors import CorpusError, RunError
from minigpt.runs import launcher
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore
from tests.ui.harness import DONE, ROWS, SMALL_TEXT, made_run, tiny_config
from ui import services

EVALUATED = [(row["step"], row["validation_loss"]) for row in ROWS if row["validation_loss"]]


@pytest.fixture
def launched(monkeypatch):
    """The runs that would have been trained."""
    runs = []
    monkeypatch.setattr(launcher, "launch", runs.append)
    return runs


def break_shakespeare(monkeypatch):
    """Tiny Shakespeare cannot be had; returns a list with an entry for each attempt."""
    asked = []

    def refuse():
        asked.append("tiny-shakespeare")
        raise CorpusError("There is no internet.")

    source = dataclasses.replace(CORPORA["tiny-shakespeare"], read=refuse, is_ready=lambda: False)
    monkeypatch.setitem(CORPORA, source.name, source)
    return asked


def test_there_are_no_runs_at_first():
    assert services.runs() == []


def test_runs_are_listed_newest_first():
    made_run(name="older", steps=())
    made_run(name="newer", steps=())
    assert [run.name for run in services.runs()] == ["newer", "older"]


def test_a_snapshot_holds_what_the_run_wrote():
    run = made_run()
    seen = services.snapshot(run.id)
    assert seen.status is Status.FINISHED
    assert seen.summary.best_validation_loss == 2.5
    assert seen.state["parameters"] == DONE["parameters"]
    assert seen.config == run.config().to_dict()
    assert [sample["step"] for sample in seen.samples] == [0, 20]
    assert [event["text"] for event in seen.events] == ["Training began"]
    assert [checkpoint.step for checkpoint in seen.checkpoints] == [0, 20]


def test_curves_are_the_numbers_logged_without_the_gaps():
    seen = services.snapshot(made_run().id)
    assert list(seen.curves["validation_loss"]) == EVALUATED
    assert list(seen.curves["train_loss"]) == [(row["step"], row["train_loss"]) for row in ROWS]
    assert list(seen.curves["gradient_norm"]) == []


def test_a_snapshot_of_a_run_that_has_done_nothing_yet_is_empty():
    seen = services.snapshot(made_run(steps=(), state=None, end=None).id)
    assert seen.status is Status.STARTING
    assert not any(seen.curves.values())
    assert not seen.samples
    assert not seen.checkpoints


def test_an_unknown_run_is_an_expected_failure():
    with pytest.raises(RunError, match="no run called 'gone'"):
        services.snapshot("gone")


def test_thirty_viewers_cost_one_read(monkeypatch):
    run = made_run()
    read = []
    summarise = RunStore.summarise
    monkeypatch.setattr(
        RunStore, "summarise", lambda store, run: read.append(run.id) or summarise(store, run)
    )
    for _ in range(30):
        services.snapshot(run.id)
    assert read == [run.id]


def test_a_tail_reads_on_where_it_stopped():
    run = made_run(steps=())
    tail = services.SharedTail(run)
    assert len(tail.curves()["train_loss"]) == len(ROWS)
    run.append("metrics", {"step": 25, "train_loss": 1.0, "validation_loss": None})
    assert tail.curves()["train_loss"][-1] == (25, 1.0)
    assert len(tail.curves()["train_loss"]) == len(ROWS) + 1


def test_long_curves_are_thinned_out_to_what_a_chart_can_show():
    run = made_run(steps=(), state=None, end=None)
    for step in range(3000):
        run.append("metrics", {"step": step, "train_loss": float(step % 7)})
    curve = services.snapshot(run.id).curves["train_loss"]
    assert len(curve) <= services.MOST_CHART_POINTS + 1
    assert {value for _, value in curve} >= {0.0, 6.0}


def test_a_text_is_read_once_and_shared():
    assert services.corpus("tiny-shakespeare").text == SMALL_TEXT
    assert services.corpus("tiny-shakespeare") is services.corpus("tiny-shakespeare")


def test_statistics_are_those_of_the_text():
    found = services.corpus_statistics("tiny-shakespeare")
    assert found == statistics(services.corpus("tiny-shakespeare"))


def test_a_text_is_called_by_its_title_and_one_that_is_gone_by_its_key():
    assert services.corpus_title("sentences") == "Short sentences"
    assert services.corpus_title("gone-12345678") == "gone-12345678"


def test_the_first_text_is_shakespeare_and_offline_pythons_documentation(monkeypatch):
    assert services.first_corpus() == "tiny-shakespeare"
    break_shakespeare(monkeypatch)
    services.st.cache_data.clear()
    services.st.cache_resource.clear()
    assert services.first_corpus() == "python-docs"


def test_beginning_a_run_writes_it_down_and_starts_its_worker(launched):
    assert services.runs() == []
    run = services.begin(tiny_config(), name="Mine")
    assert [started.id for started in launched] == [run.id]
    assert [listed.name for listed in services.runs()] == ["Mine"]
    assert run.config().corpus.sha256 == services.corpus("tiny-shakespeare").sha256


def test_a_run_that_cannot_work_is_not_begun(launched):
    with pytest.raises(CorpusError, match="validation part"):
        services.begin(tiny_config(model__context_length=8000), name="Mine")
    assert launched == []
    assert services.runs() == []


def test_train_one_now_takes_the_quick_preset_on_the_first_text(launched):
    config = services.train_one_now().config()
    assert config.corpus.name == "tiny-shakespeare"
    assert config.training.steps == services.PRESETS["quick"].config.training.steps
    assert services.runs()[0].name == "First run on Tiny Shakespeare"


def test_entropy_lines_are_what_counting_reaches():
    found = services.corpus_statistics("tiny-shakespeare").entropies
    lines = services.entropy_lines(services.snapshot(made_run(steps=()).id))
    assert lines == {
        "even guess": found.uniform,
        "letter counts": found.unigram,
        "letter pairs": found.bigram,
        "letter triples": found.trigram,
    }
    assert list(lines.values()) == sorted(lines.values(), reverse=True)


def test_entropy_lines_compare_only_what_can_be_compared():
    words = made_run(config=tiny_config(tokenizer__kind="word"), steps=())
    assert services.entropy_lines(services.snapshot(words.id)) == {}


@pytest.mark.parametrize("name", ["gone-12345678", "tiny-shakespeare"])
def test_entropy_lines_never_wait_for_a_text_that_is_not_here(monkeypatch, name):
    run = made_run(config=tiny_config(corpus__name=name), steps=())
    asked = break_shakespeare(monkeypatch)
    assert services.entropy_lines(services.snapshot(run.id)) == {}
    assert asked == []


def test_entropy_lines_of_a_damaged_run_are_none():
    run = made_run(steps=())
    run.write("config", {"tokenizer": {"kind": "character"}})
    assert services.entropy_lines(services.snapshot(run.id)) == {}
