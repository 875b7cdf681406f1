import json
from argparse import Namespace

import pytest

from minigpt.cli import torchrun
from minigpt.errors import CorpusError
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore

# With real processes it is tested in tests/processes/test_together.py.


@pytest.fixture
def trained(monkeypatch):
    """The directories that would have been trained, in this process."""
    folders = []

    def work(arguments):
        folders.extend(arguments)
        return 0

    monkeypatch.setattr(torchrun.process, "main", work)
    return folders


def chosen(**more):
    given = {"name": None, "preset": "quick", "json": False, "exceed_memory": False}
    return Namespace(**{**given, **more})


def test_the_first_process_makes_the_run_trains_it_and_says_how_it_went(trained, capsys):
    config = RunConfig().changed({"corpus.name": "sentences"})
    assert torchrun.train_together(chosen(json=True), config) == 0
    (run,) = RunStore.default().all()
    assert trained == [str(run.path)]
    assert not run.is_queued
    assert json.loads(capsys.readouterr().out)["run"] == run.id


def test_it_is_named_after_what_it_was_called_or_its_preset(trained, capsys):
    config = RunConfig().changed({"corpus.name": "sentences"})
    for name in (None, "by hand"):
        torchrun.train_together(chosen(name=name), config)
    names = {run.read("meta")["name"] for run in RunStore.default().all()}
    assert names == {"quick", "by hand"}


def test_a_text_that_is_not_there_is_refused_before_anything_is_made(trained):
    with pytest.raises(CorpusError):
        torchrun.train_together(chosen(), RunConfig().changed({"corpus.name": "gone"}))
    assert trained == []
    assert RunStore.default().all() == []
