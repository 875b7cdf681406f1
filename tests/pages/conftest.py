"""Whole pages, and two runs that real workers trained."""

import dataclasses
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import torch
from streamlit.testing.v1 import AppTest

from minigpt.corpora import CORPORA, add_text
from minigpt.corpora.builtin import TINY_SHAKESPEARE, read_tiny_shakespeare
from minigpt.interop.huggingface import export_model
from minigpt.jobs.submission import checked_config
from minigpt.models.configs import GPTConfig
from minigpt.models.ladder.gpt import GPT
from minigpt.runs.store import RunStore
from minigpt.runs.transfer.huggingface import import_run
from minigpt.tokenizers import gpt2
from minigpt.tokenizers.subword import BpeTokenizer
from tests.launching import FakeLauncher, install
from tests.ui.conftest import _empty_caches as _empty_caches
from tests.ui.conftest import _nothing_is_computed_ahead as _nothing_is_computed_ahead
from tests.ui.conftest import _nothing_is_timed as _nothing_is_timed
from tests.ui.conftest import _packages_are_searched_once as _packages_are_searched_once
from tests.ui.conftest import _text_without_internet as _text_without_internet
from tests.ui.harness import ROOT, SMALL_TEXT, TIMEOUT_SECONDS, tiny_config

NOBODY = "http://127.0.0.1:9/"
RUNGS = ("gpt", "bigram")


@dataclass(frozen=True)
class Trained:
    """What the workers left behind; read it, change nothing."""

    checkpoints: Path
    data: Path
    ids: dict[str, str]


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINIGPT_CHECKPOINTS", str(folder / "checkpoints"))
        patch.setenv("MINIGPT_DATA", str(folder / "data"))
        corpus = add_text("Sea and road", SMALL_TEXT)
        config = tiny_config(corpus__name=corpus.name)
        configs = {
            "gpt": config,
            "bigram": config.changed({"model.rung": "bigram", "model.context_length": 16}),
        }
        runs = {
            rung: RunStore.default().create(checked_config(configs[rung]), name=f"Tiny {rung}")
            for rung in RUNGS
        }
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "minigpt.jobs.worker.process", str(run.path)],
                cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL,
            )
            for run in runs.values()
        ]  # fmt: skip
        assert [worker.wait(120) for worker in workers] == [0, 0]
    ids = {rung: run.id for rung, run in runs.items()}
    return Trained(checkpoints=folder / "checkpoints", data=folder / "data", ids=ids)


@pytest.fixture
def bring_run(trained):
    """A function that puts a trained run, and its text, into this test's folders."""

    def bring(rung):
        store, run_id = RunStore.default(), trained.ids[rung]
        shutil.copytree(trained.checkpoints / run_id, store.root / run_id)
        shutil.copytree(trained.data, os.environ["MINIGPT_DATA"], dirs_exist_ok=True)
        return store.open(run_id)

    return bring


@pytest.fixture
def gpt(bring_run):
    return bring_run("gpt")


@pytest.fixture
def bigram(bring_run):
    return bring_run("bigram")


@pytest.fixture
def imported(tmp_path):
    """GPT-2's options, random weights, pieces of words for tokens; nobody knows its text."""
    tokenizer = BpeTokenizer.train(SMALL_TEXT, vocabulary_size=300)
    config = GPTConfig(context_length=32, width=24, num_layers=2, num_heads=3)
    torch.manual_seed(0)
    model = GPT(config, vocabulary_size=tokenizer.vocabulary_size)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    assert export_model(model.eval(), tokenizer, tmp_path / "model") is None
    return import_run(RunStore.default(), tmp_path / "model", "From elsewhere")


@pytest.fixture
def visit():
    """A function that opens a page at an address, as a visitor's first request would."""

    def open_page(stem, **query):
        at = AppTest.from_file(ROOT / "app.py", default_timeout=TIMEOUT_SECONDS)
        if stem != "home":
            at.switch_page(f"pages/{stem}.py")
        at.query_params.update(query)
        return at.run()

    return open_page


@pytest.fixture
def launched(monkeypatch):
    """The runs that would have been trained: no process is started."""
    return install(monkeypatch, FakeLauncher()).runs


@pytest.fixture
def unwritable_checkpoints(monkeypatch, tmp_path):
    """A file where the folder of runs should be."""
    (tmp_path / "in-the-way").write_text("")
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path / "in-the-way"))


@pytest.fixture
def offline(monkeypatch):
    """What is downloaded is asked for where nobody answers."""
    download = dataclasses.replace(TINY_SHAKESPEARE, url=NOBODY)
    source = dataclasses.replace(
        CORPORA["tiny-shakespeare"],
        read=partial(read_tiny_shakespeare, download),
        is_ready=download.is_cached,
    )
    monkeypatch.setitem(CORPORA, source.name, source)
    monkeypatch.setattr(gpt2, "GPT2_RANKS", dataclasses.replace(gpt2.GPT2_RANKS, url=NOBODY))
