"""The runs that come with the project: what is promised of them, and nothing of who made them."""

import re

import pytest
import torch

from minigpt.corpora import CORPORA
from minigpt.introspection.heads import head_shares
from minigpt.introspection.report_card import FEWEST_WINDOWS
from minigpt.introspection.trace import trace
from minigpt.runs.analysis.head_report import report_card
from minigpt.runs.analysis.inside.head_history import Birth, birth
from minigpt.runs.records import HeadRow
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model

STORE = RunStore(PROJECT_FOLDER / "checkpoints")
STEPS = {
    "demo-shakespeare": [0, 1, 4, 13, 45, 159, 563, 2000],
    "demo-copying": [0, 1, 4, 15, 59, 231, 900],
}
MOST_BYTES = 6_300_000
WHERE_IT_WAS_MADE = re.compile(rb"/(?:work|tmp|home|root|Users)/|\\\\Users\\\\")
TEXT = "To be, or not to be, that is the question: whether 'tis nobler"
SEGMENTS = "\nkTbQzeRkTbQzeR\nxWvJpLaMxWvJpLaM\ngHsDfCqUgHsDfCqU"


def share_of(run, step, text, kind):
    """The share that each head gives to one kind of place."""
    opened = open_model(STORE.open(run), step=step)
    tokens = torch.tensor([opened.tokenizer.encode(text)])
    return getattr(head_shares(trace(opened.model, tokens).attention, tokens), kind).heads


@pytest.mark.parametrize("run", STEPS)
def test_every_kept_step_opens(run):
    for step in STEPS[run]:
        opened = open_model(STORE.open(run), step=step)
        assert opened.checkpoint.step == step
    assert [one.name for one in STORE.open(run).weights.glob("training-*")] == []


def test_they_are_small_and_tell_nothing_of_the_machine_that_made_them():
    files = [
        path
        for run in STEPS
        for path in STORE.open(run).path.rglob("*")
        if path.is_file() and path.name != "lock"
    ]
    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    assert [path.name for path in files if WHERE_IT_WAS_MADE.search(path.read_bytes())] == []
    for run in STEPS:
        assert not STORE.open(run).meta().owner


def test_heads_of_the_one_that_read_shakespeare_look_at_the_letter_before():
    before, after = (share_of("demo-shakespeare", step, TEXT, "previous") for step in (0, 2000))
    assert before.max() < 0.1
    assert (after > 0.4).sum() >= 3


def test_a_head_of_the_other_comes_to_copy_between_two_kept_steps():
    before, after = (share_of("demo-copying", step, SEGMENTS, "copied") for step in (231, 900))
    assert before.max() < 0.3
    assert after[1, 0] > 0.6
    rows = [HeadRow.from_json(line) for line in STORE.open("demo-copying").lines("heads")]
    assert birth(rows) == Birth(before=375, step=400)


def test_without_the_text_the_report_still_proves_which_heads_look_at_the_letter_before():
    run = STORE.open("demo-shakespeare")
    assert not CORPORA["tiny-shakespeare"].is_ready()
    card = report_card(run, open_model(run, step=2000), windows=FEWEST_WINDOWS)
    while not card.is_done:
        card.measure()
    assert card.source == "kept"
    names = [card.name(layer, head) for layer in range(4) for head in range(4)]
    assert names.count("previous") >= 2
