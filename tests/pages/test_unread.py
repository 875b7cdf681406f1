"""Never read this: twins of a run, offered, started and compared on the page of generation."""

import shutil

import pytest

from minigpt.jobs.twins import twins_of
from minigpt.reading.influence import Influence
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import TrainedModel
from tests.ui.harness import plain, said, texts
from ui.screens.generate.reading import comparison, unread
from ui.services.reading import read_passage
from ui.services.runs import list_runs


def heard(at, words):
    return any(words in plain(one.value) for one in (*at.markdown, *at.caption))


def as_twin(run, config, name):
    """A run with these settings and the weights of another one."""
    twin = run.path.with_name(f"{run.id[:-1]}{name}")
    shutil.copytree(run.path, twin)
    made = type(run)(twin)
    made.write("config", config.to_dict())
    return made


def test_without_a_passage_the_way_on_is_said(visit, gpt):
    at = visit("generate", mode="unread")
    assert "For example a name" in said(at.info)[0]
    assert not at.exception


@pytest.mark.parametrize("mode", ["unread", "read"])
def test_a_model_made_elsewhere_is_not_asked_and_one_that_can_be_is_offered(
    visit, gpt, imported, mode
):
    at = visit("generate", run=imported.id, mode=mode)
    assert "nobody here knows which text it learnt from" in plain(said(at.info)[0])
    assert not at.text_area
    [button] = [one for one in at.button if one.label.startswith("Ask ")]
    assert gpt.name() in plain(button.label)
    at = button.click().run()
    assert at.query_params["run"] == gpt.id
    assert at.text_area
    assert not at.exception


def test_without_a_passage_one_is_offered_to_begin_with(visit, gpt):
    at = visit("generate", run=gpt.id, mode="unread", step="20")
    [button] = [one for one in at.button if one.label.startswith("Try it with")]
    at = button.click().run()
    assert at.query_params["unread"] in plain(button.label)
    assert not at.exception


def test_a_passage_that_is_not_in_the_text_is_refused(visit, gpt):
    at = visit("generate", mode="unread", unread="qqqq")
    assert "is not in the training text" in plain(at.error[0].value)
    assert not at.button


def test_what_was_never_read_has_no_twin(visit, gpt):
    at = visit("generate", run=gpt.id, mode="unread", unread="ROMEO", step="0")
    assert "it was in no batch of 0 steps" in plain(at.warning[0].value)
    assert not [one for one in at.button if one.label == "Train the twins"]


def test_of_what_stands_everywhere_it_is_said_that_little_is_left(visit, gpt):
    at = visit("generate", run=gpt.id, mode="unread", unread="e", step="20")
    assert "a worse model in all it says" in plain(at.warning[0].value)
    read = read_passage(gpt.id, 20, "e")
    assert 0.5 < read.windows / read.all_windows <= 1
    config = gpt.config()
    assert read.all_windows == 20 * config.training.batch_size


def test_of_a_long_passage_only_the_beginning_is_named(visit, gpt):
    at = visit("generate", run=gpt.id, mode="unread", unread="qqqq " * 200)
    assert len(plain(at.error[0].value)) < 200


def test_two_twins_are_put_into_the_queue(visit, gpt, launched):
    at = visit("generate", run=gpt.id, mode="unread", unread="ROMEO", step="20")
    assert heard(at, "had all or a part of it in")
    assert heard(at, "% touch it; the twin learns from the others.")
    [press] = [one for one in at.button if one.label == "Train the twins"]
    press.click().run()
    assert not at.exception
    wanted = twins_of(gpt.config(), "ROMEO")
    started = [RunConfig.from_dict(run.read("config")) for run in launched]
    assert started in ([wanted.without, wanted.other_seed], [wanted.without])


def test_twins_that_failed_are_trained_anew(visit, gpt, launched):
    def press():
        at = visit("generate", run=gpt.id, mode="unread", unread="ROMEO", step="20")
        [button] = [one for one in at.button if one.label == "Train the twins"]
        assert not button.click().run().exception
        wanted = twins_of(gpt.config(), "ROMEO").without
        return [one for one in RunStore.default().all() if one.config() == wanted]

    [twin] = press()
    twin.write("exit", {"outcome": "failed"})
    list_runs.clear()
    assert len(press()) == 2


def test_the_three_are_compared_once_the_twins_are_trained(visit, gpt):
    wanted = twins_of(gpt.config(), "ROMEO")
    as_twin(gpt, wanted.without, "x")
    as_twin(gpt, wanted.other_seed, "y")
    at = visit("generate", run=gpt.id, mode="unread", unread="ROMEO", step="20")
    assert not at.exception
    # All three have the same weights here, so nothing differs, and the texts are the same.
    assert heard(at, "cannot be told from chance")
    assert [one.label for one in at.metric] == ["this model", "never read it", "another seed"]
    assert len(set(texts(at))) == 1
    assert len(texts(at)) == 3
    [link] = [one.proto for one in at.get("page_link") if one.proto.label.startswith("Compare")]
    assert "runs=" in link.query_string
    assert "These numbers and texts (JSON)" in [
        one.proto.label for one in at.get("download_button")
    ]


def test_what_is_saved_says_which_model_wrote_what():
    found = Influence(own=2.0, without=2.5, other_seed=2.1, places=3)
    written = ["one", "two", "three"]
    ids = ("own", "twin", "seed")
    saved = comparison.result(ids, 20, "ROMEO", found, "before", written)
    assert saved["effect"] == pytest.approx(0.5)
    assert [(one["run"], one["bits_per_character"], one["text"]) for one in saved["models"]] == [
        ("own", 2.0, "one"), ("twin", 2.5, "two"), ("seed", 2.1, "three"),
    ]  # fmt: skip
    without_texts = comparison.result(ids, 20, "ROMEO", found, "", [])
    assert [one["text"] for one in without_texts["models"]] == ["", "", ""]


def test_a_run_brought_from_elsewhere_is_no_twin_whatever_its_settings_say(visit, gpt):
    wanted = twins_of(gpt.config(), "ROMEO")
    as_twin(gpt, wanted.without, "x")
    brought = as_twin(gpt, wanted.other_seed, "y")
    brought.write("meta", brought.read("meta") | {"imported": True})
    at = visit("generate", run=gpt.id, mode="unread", unread="ROMEO", step="20")
    assert not at.exception
    assert not at.metric
    assert [one for one in at.button if one.label == "Train the twins"]


def test_a_twin_whose_passes_ended_it_early_is_found(visit, gpt):
    """As many steps as it took are not as many as it was set to."""
    wanted = twins_of(gpt.config(), "ROMEO")
    for name, config in (("x", wanted.without), ("y", wanted.other_seed)):
        twin = as_twin(gpt, config, name)
        twin.write("state", twin.read("state") | {"steps": 7})
    at = visit("generate", run=gpt.id, mode="unread", unread="ROMEO", step="20")
    assert [one.label for one in at.metric] == ["this model", "never read it", "another seed"]


def test_a_passage_with_nothing_before_it_to_go_on_from_is_told(visit, gpt, monkeypatch):
    passage = gpt.config().corpus.load().training_text[:80]
    wanted = twins_of(gpt.config(), passage)
    as_twin(gpt, wanted.without, "x")
    as_twin(gpt, wanted.other_seed, "y")
    monkeypatch.setattr(TrainedModel, "prompt_ids", lambda self, text: self.tokenizer.encode(text))
    monkeypatch.setattr(unread, "_was_read", lambda *_: True)
    at = visit("generate", run=gpt.id, mode="unread", unread=passage, step="20")
    assert not at.exception
    assert "The prompt is empty" in plain(at.error[0].value)


@pytest.mark.parametrize("start", ["fork", "fine_tune"])
def test_a_run_that_began_with_other_weights_is_refused(visit, gpt, start):
    settings = gpt.read("config")
    gpt.write("config", settings | {"start": {"kind": start, "run": "elsewhere", "step": 3}})
    at = visit("generate", run=gpt.id, mode="unread", unread="ROMEO", step="20")
    assert "began with the weights of elsewhere" in plain(said(at.info)[0])
