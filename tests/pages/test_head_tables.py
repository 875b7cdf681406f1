import json
import math

import numpy as np
import pytest
import torch

from minigpt.corpora import load_corpus
from minigpt.introspection.trace import trace
from minigpt.runs.trained_model import open_model
from tests.ui.harness import made_run, map_values, part, plain, said, tiny_config
from ui.services.inside import sampled, tables

TEXT = "ROMEO: the sea"


@pytest.fixture
def run():
    """A run of a small model that nobody trained: tables have numbers all the same."""
    return made_run()


def opened(run):
    return open_model(run, step=20)


def words(at):
    """All sentences, a space in them wherever people see one."""
    told = [*said(at.markdown), *said(at.caption)]
    return [plain(one).replace("\N{NO-BREAK SPACE}", " ") for one in told]


def visit_tables(visit, run, **more):
    at = visit("inside", run=run.id, step="20", text=TEXT, section="tables", **more)
    assert not at.exception
    return at


def test_the_first_table_has_the_scores_of_the_forward_pass(visit, run):
    """From the address to the cell: for a head of layer 1, at places that the text has."""
    trained = opened(run)
    ids = trained.tokenizer.encode(TEXT)
    at = visit_tables(visit, run, layer="1", head="2", distance="2", stands="9", asking=str(ids[8]))
    values = map_values(part(at, "table-looks-for"))
    assert values.shape == (trained.tokenizer.vocabulary_size,) * 2
    scores = trace(trained.model, torch.tensor([ids])).layers[0].scores[0, 1, 8]
    other = trained.tokenizer.encode(TEXT[:6] + "t" + TEXT[7:])
    moved = trace(trained.model, torch.tensor([other])).layers[0].scores[0, 1, 8]
    told = values[ids[8], ids[6]] - values[ids[8], other[6]]
    assert told == pytest.approx(float(scores[6] - moved[6]), abs=1e-5)
    assert any(one.startswith("Exact: in layer 1") for one in words(at))
    assert any("looks for" in one and "2 back; by chance" in one for one in words(at))


def test_above_the_first_layer_the_approximation_is_named_and_measured(visit, run):
    at = visit_tables(visit, run, layer="2", head="1")
    [said_so] = [one for one in words(at) if one.startswith("An approximation")]
    assert -1 <= float(said_so.partition("correlation of ")[2][:5].rstrip(":")) <= 1


@pytest.mark.parametrize(("layer", "judgement"), [(1, "Exact"), (2, "An approximation")])
def test_where_one_table_stands_no_second_one_is_spoken_of(visit, layer, judgement):
    post_norm = made_run(config=tiny_config(model__norm_position="post"))
    at = visit_tables(visit, post_norm, layer=str(layer), head="1")
    [said_so] = [one for one in words(at) if one.startswith(judgement)]
    assert "this table" in said_so
    assert not any(other in said_so for other in ("first", "second", "these tables"))


def test_bars_of_a_pair_add_up_to_what_the_model_says_of_the_first_token_alone(visit, run):
    trained = opened(run)
    first, then = trained.tokenizer.encode("te")
    at = visit_tables(visit, run, asking=str(first), next=str(then))
    bars = json.loads(at.get("plotly_chart")[0].proto.spec)["data"][0]
    with torch.inference_mode():
        logits = trained.model(torch.tensor([[first]]))[0, 0]
    assert sum(bars["x"]) == pytest.approx(float(logits[then] - logits.mean()), abs=1e-4)
    share = f"{100 * float(logits.softmax(-1)[then]):.1f} %"
    assert any("is all that the model has read" in one and share in one for one in words(at))
    assert any("By experiment: without" in one for one in words(at))


def test_pairs_are_counted_in_the_text_that_the_run_learnt_from(visit, run):
    text = load_corpus("tiny-shakespeare").training_text
    t, h = opened(run).tokenizer.encode("th")
    at = visit_tables(visit, run, asking=str(t), next=str(h))
    times, of = text.count("th"), text[:-1].count("t")
    assert any(f"follows {times:,} of {of:,}" in one for one in words(at))
    pairs = map_values(part(at, "table-pairs"))
    assert pairs[t, h] > 0 > pairs[t, t]
    alike = at.dataframe[0].value["likeness to the pairs"]
    assert len(alike) == 5
    assert all(map(math.isfinite, alike))


def test_of_many_tokens_those_of_the_text_have_a_row_where_the_training_text_is_gone(
    visit, run, monkeypatch
):
    monkeypatch.setattr(tables, "MOST_TOKENS", 5)
    monkeypatch.setattr(sampled, "texts", list)
    at = visit_tables(visit, run)
    shown = len(part(at, "table-looks-for")["rows"])
    assert shown - len(set(TEXT)) in {0, 1}  # and the likeliest next
    assert any("shown are those of the text above" in one for one in words(at))
    assert any("not on this computer" in one for one in words(at))
    assert part(at, "table-direct-path")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model__norm_position": "post"}, "post-norm"),
        ({"model__position": "none"}, "not told where tokens stand"),
        ({"model__ngram_order": 2}, "correlation of"),
    ],
)
def test_what_a_model_has_no_table_of_is_said(visit, change, reason):
    at = visit_tables(visit, made_run(config=tiny_config(**change)))
    assert any(reason in one for one in [*words(at), *map(plain, said(at.info))])
    assert not at.error


def test_why_logits_are_no_sum_is_said_once_for_all_tables(visit):
    at = visit_tables(visit, made_run(config=tiny_config(model__norm_position="post")))
    told = [*words(at), *map(plain, said(at.info))]
    assert sum("post-norm" in one for one in told) == 1
    kept = {"table-looks-for", "table-pairs"}
    assert all(part(at, key) for key in kept)
    assert not any("second table" in one for one in told)
    headings = [plain(one.value) for one in at.subheader]
    assert headings == ["One head as a table", "Pairs of the training text"]


def test_a_chosen_cell_is_in_the_address(visit, run):
    at = visit_tables(visit, run, asking="3", found="4", next="5")
    assert part(at, "table-looks-for")["chosen"][0] == 3
    assert part(at, "table-makes-likely")["chosen"] == [4, 5]
    assert np.isfinite(map_values(part(at, "table-makes-likely"))).all()
