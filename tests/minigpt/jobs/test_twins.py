import pytest

from minigpt.corpora import UNKNOWN_CORPUS, add_text
from minigpt.errors import ConfigurationError, CorpusError
from minigpt.jobs.submission import checked_config
from minigpt.jobs.twins import is_like, require_twins, twins_of
from minigpt.runs.analysis.config_diff import differing_settings
from minigpt.training.config import TrainingConfig


def settings_that_differ(one, other):
    found = differing_settings({"one": one.to_dict(), "other": other.to_dict()})
    return {difference.setting for difference in found.differences}


def test_twins_differ_by_the_passage_or_by_the_seed_alone(tiny):
    twins = twins_of(tiny, "the road")
    assert settings_that_differ(tiny, twins.without) == {"training.never_read"}
    assert settings_that_differ(tiny, twins.other_seed) == {"seed"}
    assert twins.without.training.never_read == "the road"


def test_they_are_trained_to_the_end_and_known_again(tiny):
    hasty = tiny.changed({"training.minutes": 1.0, "training.patience": 2})
    twins = twins_of(hasty, "the road")
    assert (twins.without.training.minutes, twins.without.training.patience) == (0.0, 0)
    assert is_like(hasty.changed({"training.never_read": "the road"}), twins.without)
    assert not is_like(hasty, twins.without)


def test_a_run_that_began_with_other_weights_has_no_twins(tiny):
    fork = tiny.changed({"training.steps": 20}).to_dict()
    fork["start"] = {"kind": "fork", "run": "other", "step": 12}
    with pytest.raises(ConfigurationError, match="began with the weights of other"):
        twins_of(type(tiny).from_dict(fork), "the road")
    with pytest.raises(ConfigurationError, match="without a letter"):
        twins_of(tiny, " \n")


def test_a_run_whose_text_nobody_holds_has_no_twins(tiny):
    with pytest.raises(ConfigurationError, match="nobody here knows which text"):
        require_twins(tiny.changed({"corpus.name": UNKNOWN_CORPUS}))
    with pytest.raises(ConfigurationError, match="of which no passage can be kept unread"):
        require_twins(tiny.changed({"corpus.path": "/a/large/file.txt"}))
    require_twins(tiny)


def test_what_is_not_in_the_text_is_refused_before_anything_starts(tiny):
    corpus = add_text("cats", "the cat sat on the mat\n" * 40)
    config = tiny.changed({"corpus.name": corpus.name, "training.never_read": "the dog"})
    with pytest.raises(CorpusError, match="is not in the training part of 'cats': 'the dog'"):
        checked_config(config)
    assert checked_config(config.changed({"training.never_read": "the cat"}))


def test_a_very_long_passage_is_refused():
    with pytest.raises(ConfigurationError, match="at most 2,000"):
        TrainingConfig(never_read="x" * 2001)
