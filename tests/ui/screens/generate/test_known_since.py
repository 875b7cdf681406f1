import base64

import numpy as np
import pandas as pd
import pytest
import torch

from minigpt.introspection.known_since import NEVER, known_since
from minigpt.runs.trained_model import open_model
from tests.ui.harness import chart, made_run, part, plain, said, save_weights
from ui.components.model_picker import ChosenModel
from ui.screens.generate.known_since import KnownAtSteps, since_table, values_of
from ui.services.generation.kept_steps import ranks_by_step

TEXT, STEPS = "ROMEO: To be", (0, 10, 20)


def show(run_id, step=20):
    from ui.components.model_picker import ChosenModel
    from ui.screens.generate import known_since
    from ui.services.models import trained_model

    known_since.show(ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step)))


@pytest.fixture
def run():
    made = made_run(steps=STEPS)
    for seed, step in enumerate(STEPS):
        save_weights(made, made.config(), (step,), seed=seed)
    return made


@pytest.mark.parametrize("within", ["1", "5"])
def test_each_token_is_coloured_by_how_long_it_has_been_known(draw, run, within):
    at = draw(show, run_id=run.id, query={"text": TEXT, "within": within})
    ids = open_model(run, step=20).tokenizer.encode(TEXT)
    ranks, _odds = ranks_by_step(run.id, STEPS, ids)
    since = known_since([torch.from_numpy(one) for one in ranks], int(within)).numpy()
    data = part(at, "known-since")
    shades = np.frombuffer(base64.b64decode(data["shades"]), dtype=np.uint8)
    age = np.where(since == NEVER, 0, len(STEPS) - since)
    assert shades.tolist() == [0, *np.round(255 * age / len(STEPS)).astype(int)]
    notes = [f"known since step {STEPS[one]}" if one != NEVER else "not known at step 20"
             for one in since]  # fmt: skip
    assert data["notes"] == ["", *notes]
    assert "This table (CSV)" in [one.proto.label for one in at.get("download_button")]
    known = int((since != NEVER).sum())
    words = next(words for words in said(at.caption) if "Known since a step" in words)
    assert f"for {known} of {len(since)} tokens" in words
    bars = chart(at, "known-shares")["series"][0]["data"]
    assert [bar["value"] for bar in bars] == pytest.approx(
        [100 * ((since != NEVER) & (since <= place)).mean() for place in range(3)], abs=0.1
    )
    assert not at.exception


def test_a_token_tells_its_place_among_the_choices_at_each_step(draw, run):
    at = draw(show, run_id=run.id, query={"text": TEXT, "place": "4"})
    ids = open_model(run, step=20).tokenizer.encode(TEXT)
    ranks, odds = ranks_by_step(run.id, STEPS, ids)
    table = at.dataframe[0].value
    assert table["step"].tolist() == list(STEPS)
    assert table["choice number"].tolist() == ranks[:, 2].tolist()
    assert table["probability (%)"].tolist() == pytest.approx(100 * odds[:, 2], abs=0.001)
    assert any("“E”, after “ROM”" in plain(one.value) for one in at.markdown)
    assert not at.exception


@pytest.mark.parametrize(("text", "words"), [("50%", "never seen"), ("o", "two tokens")])
def test_what_cannot_be_judged_is_told(draw, run, text, words):
    at = draw(show, run_id=run.id, query={"text": text})
    assert words in plain([*at.error, *at.info][0].value)
    assert not at.exception


def test_a_run_with_one_step_has_no_history(draw):
    at = draw(show, run_id=made_run(steps=(20,)).id, query={"text": TEXT})
    assert "at least two steps" in said(at.info)[0]
    assert not at.exception


def test_all_steps_are_saved_with_the_text_and_what_counts_as_known(run):
    trained = open_model(run, step=20)
    tokens = [trained.tokenizer.vocabulary[id] for id in trained.tokenizer.encode("ROM")]
    known = KnownAtSteps(
        tokens=tokens, steps=STEPS, within=3, ranks=np.array([[9, 4], [2, 5], [1, 6]]),
        odds=np.full((3, 2), 0.25), since=np.array([1, NEVER]),
    )  # fmt: skip
    values = values_of(ChosenModel(run_id=run.id, step=20, trained=trained), known)
    assert (values["run"], values["text"], values["within"]) == (run.id, "ROM", 3)
    assert [one["known_since"] for one in values["tokens"]] == [10, None]
    assert values["tokens"][1]["choice_numbers"] == [4, 5, 6]


def test_the_table_names_a_step_for_each_token_that_is_known():
    known = KnownAtSteps(
        tokens=["a", "b", "c"], steps=[0, 10, 20], within=1, ranks=np.zeros((3, 2), int),
        odds=np.zeros((3, 2)), since=np.array([1, NEVER]),
    )  # fmt: skip
    table = since_table(known)
    assert table["token"].tolist() == ["b", "c"]
    assert table["known since step"].tolist() == [10, pd.NA]
