import math
from types import SimpleNamespace

import pytest
import torch

from minigpt.corpora import add_text, delete_text
from minigpt.introspection.patterns import PATTERNS
from minigpt.introspection.report_card import MIXED, ReportCard
from minigpt.runs.analysis.inside.texts import validation_windows
from minigpt.runs.records import UnseenRecord
from tests.ui.harness import SMALL_TEXT, made_run, plain, said, texts, tiny_config
from tests.ui.screens.inspect.looking import TEXT
from ui.screens.inspect.report import (
    COLUMN_HELP,
    NAMES,
    PLACES,
    evidence,
    interval,
    looks_most_at,
    signed_number,
)


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.attention import choose_text
    from ui.screens.inspect.overview import view_from_address
    from ui.screens.inspect.report import head_names, open_card, show_report
    from ui.services.models import trace_of, trained_model

    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    text = choose_text(chosen)
    view = view_from_address(chosen, text, trace_of(run_id, step, text))
    card = open_card(view)
    st.session_state["names"] = head_names(view, card)
    st.session_state["card"] = card
    show_report(view, card)


def run_with_text():
    return made_run(config=tiny_config(corpus__name=add_text("Sea and road", SMALL_TEXT).name))


def test_the_first_numbers_are_there_at_once_and_in_the_end_all(draw):
    at = draw(show, run_id=run_with_text().id, query={"text": TEXT})
    card = at.session_state["card"].card
    assert card.effects.windows >= 1
    while not card.is_done:
        card.measure()
    at.run()
    table = at.dataframe[0].value
    assert set(COLUMN_HELP) <= set(table.columns)
    assert sorted(table["head"]) == ["1.1", "1.2", "2.1", "2.2"]
    effects = card.effects.estimate
    for row in table.itertuples():
        layer, head = (int(one) - 1 for one in row.head.split("."))
        mean, half = effects.mean[layer, head], effects.half_width[layer, head]
        assert row[3] == f"{mean:+.3f} ± {half:.3f}"
    shown = [float(one.split()[0]) for one in table["without it"]]
    assert shown == sorted(shown, reverse=True)
    assert not at.exception


def test_heads_that_do_nothing_have_no_names_and_that_is_said(draw):
    at = draw(show, run_id=run_with_text().id, query={"text": TEXT})
    card = at.session_state["card"].card
    while not card.is_done:
        card.measure()
    at.run()
    # Nobody trained this model.
    assert at.session_state["names"] == [["", ""], ["", ""]]
    assert any("none of them has a name" in plain(words) for words in said(at.markdown))


def test_a_run_whose_text_is_not_here_is_judged_on_the_text_in_the_box(draw):
    longer = {"corpus__name": "gone", "model__context_length": 64}
    run = made_run(config=tiny_config(**longer))
    at = draw(show, run_id=run.id, query={"text": SMALL_TEXT[:60]})
    card = at.session_state["card"].card
    while not card.is_done:
        card.measure()
    at.run()
    words = [plain(one) for one in said(at.caption)]
    assert any("so each head is silenced on your text." in one for one in words)
    assert any("56 characters, 4 pieces of 14 tokens" in one for one in words)
    columns = set(at.dataframe[0].value.columns)
    assert "untrained" in columns  # it was built here, so it is known how it began
    assert "on your text" not in columns  # all of it is on that
    assert not at.exception


def test_where_that_is_too_short_it_says_how_much_would_do(draw):
    run = made_run(config=tiny_config(corpus__name="gone"))
    at = draw(show, run_id=run.id, query={"text": "To be"})
    assert "at least 11, or 41" in plain(at.error[0].value)
    assert at.session_state["names"] == [["", ""], ["", ""]]
    assert not at.exception


def judged_card(name, kind, source="validation"):
    """A measurement of one head that gives 0.86 to places of a kind."""
    one = torch.tensor([[2.761]])
    estimate = SimpleNamespace(mean=one, half_width=torch.tensor([[0.1241]]))
    return SimpleNamespace(
        name=lambda layer, head: name,
        candidates={(0, 0): kind},
        looks=SimpleNamespace(
            shares={kind: SimpleNamespace(heads=torch.tensor([[0.86]]), chance=0.03)}
        ),
        source=source,
        before=None
        if source == "given"
        else SimpleNamespace(shares={kind: SimpleNamespace(heads=torch.tensor([[0.05]]))}),
        effects=SimpleNamespace(estimate=estimate),
        blind=SimpleNamespace(estimate=SimpleNamespace(mean=torch.tensor([[2.158]]))),
    )


def test_a_name_comes_with_what_was_seen_and_what_was_tried():
    words = plain(evidence(judged_card("copied", "copied"), (0, 0)))
    assert "gives 86 % of its attention to what came after an earlier copy" in words
    assert "everywhere alike gives 3 %, and before training it gave 5 %." in words
    assert "rises by 2.761 ± 0.124 nats a token" in words
    assert words.endswith("by 2.158.")


def test_of_a_model_from_elsewhere_it_is_said_on_what_and_nothing_of_its_beginning():
    words = plain(evidence(judged_card("copied", "copied", "given"), (0, 0)))
    assert words.startswith("By experiment, on your text alone. It gives 86 %")
    assert "alike gives 3 %. Without" in words


def test_a_head_that_matters_without_a_place_says_so_and_one_without_a_name_nothing():
    assert "no one kind of place" in evidence(judged_card(MIXED, "copied"), (0, 0))
    assert evidence(judged_card("", "copied"), (0, 0)) is None


def test_every_kind_has_a_name_and_is_explained():
    assert set(NAMES) == {*PATTERNS, MIXED, ""}
    assert set(PLACES) == set(PATTERNS)


def test_numbers_carry_their_sign_and_how_sure_they_are():
    assert (signed_number(0.0312), signed_number(-0.5)) == ("+0.031", "-0.500")
    assert interval(0.5, 0.0123) == "+0.500 ± 0.012"
    assert interval(0.5, math.inf) == "+0.500"


@pytest.mark.parametrize("kind", ["previous", "same"])
def test_what_a_head_looks_at_is_what_is_furthest_above_chance(build_tiny, kind):
    from minigpt.models.configs import GPTConfig

    model = build_tiny(GPTConfig(context_length=16, width=16, num_layers=2, num_heads=2))
    card = ReportCard(model, torch.randint(24, (4, 17)))
    card.looks.shares[kind].heads[1, 1] = card.looks.shares[kind].chance + 0.25
    assert looks_most_at(card, (1, 1)) == kind
    card.candidates[1, 1] = "first"
    assert looks_most_at(card, (1, 1)) == "first"


def go_on(run_id):
    import shutil

    from minigpt.runs.directory import choose_checkpoint
    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.overview import view_from_address
    from ui.screens.inspect.report import _go_on
    from ui.services.heads import head_card
    from ui.services.models import trace_of, trained_model
    from ui.services.runs import store

    run = store().open(run_id)
    step, text = choose_checkpoint(run, None).step, "To be a sea"
    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    view, shared = (
        view_from_address(chosen, text, trace_of(run_id, step, text)),
        head_card(run_id, step),
    )
    shutil.rmtree(run.path)
    _go_on(view, shared)


def test_a_run_that_is_deleted_while_its_heads_are_judged_breaks_nothing(draw):
    at = draw(go_on, run_id=run_with_text().id)
    assert any("no run" in one.value for one in at.error)
    assert not at.exception


def test_without_its_text_the_pieces_that_were_kept_judge_and_can_be_read(draw):
    run = run_with_text()
    tokenizer, length = run.tokenizer(), run.config().model.context_length
    found = validation_windows(run, tokenizer, length=length, windows=32)
    ids = found.numpy().astype("<i4").tobytes()
    run.write("unseen", UnseenRecord(length=length + 1, ids=ids).to_json())
    delete_text(run.config().corpus.name)
    at = draw(show, run_id=run.id, query={"text": TEXT})
    assert len(at.dataframe[0].value) == 4
    assert any("were kept with the run" in words for words in said(at.caption))
    assert at.expander[0].label == "The text that the heads were judged on"
    assert texts(at.expander[0])[0].startswith(tokenizer.decode(found[0].tolist()))
