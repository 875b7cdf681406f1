import json
import math

import pytest

from tests.ui.screens.inspect.looking import TEXT
from tests.ui.screens.inspect.test_report import run_with_text


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.attention import choose_text
    from ui.screens.inspect.bars import show_bars
    from ui.screens.inspect.overview import view_from_address
    from ui.screens.inspect.report import open_card
    from ui.services.models import trace_of, trained_model

    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    text = choose_text(chosen)
    shared = open_card(view_from_address(chosen, text, trace_of(run_id, step, text)))
    st.session_state["card"] = shared.card
    show_bars(view_from_address(chosen, text, trace_of(run_id, step, text)), shared)


@pytest.fixture
def measured(draw):
    def make(**query):
        at = draw(show, run_id=run_with_text().id, query={"text": TEXT, **query})
        assert not at.get("plotly_chart")  # nothing is drawn of what is not known yet
        while not at.session_state["card"].is_done:
            at.session_state["card"].measure()
        at.run()
        assert not at.exception
        return at

    return make


def drawn(at):
    figure = at.get("plotly_chart")[0].proto
    return json.loads(figure.spec), figure


def test_every_head_has_a_bar_with_its_interval_once_all_is_measured(measured):
    at = measured()
    spec, figure = drawn(at)
    bar, effects = spec["data"][0], at.session_state["card"].effects.estimate
    assert [name.split()[0] for name in bar["y"]] == ["1.1", "1.2", "2.1", "2.2"]
    assert bar["x"] == effects.mean.flatten().tolist()
    halves = effects.half_width.flatten().tolist()
    assert all(math.isfinite(half) for half in halves)
    assert bar["error_x"]["array"] == halves
    assert json.loads(figure.config) == {"displayModeBar": False}
    assert figure.alt.startswith(f"1.1: {float(effects.mean[0, 0]):+.3f} ± ")


def test_shares_of_a_kind_are_chosen_in_the_address(measured):
    at = measured(bars="previous")
    spec, figure = drawn(at)
    share = at.session_state["card"].looks.shares["previous"]
    percent = [100 * one for one in share.heads.flatten().tolist()]
    assert spec["data"][0]["x"] == pytest.approx(percent)
    assert spec["layout"]["shapes"][0]["x0"] == pytest.approx(100 * share.chance)
    assert figure.alt.startswith(f"1.1: {percent[0]:.1f} %")


def test_a_kind_of_place_that_the_text_does_not_have_is_not_offered(measured):
    at = measured()
    shares = at.session_state["card"].looks.shares
    known = [kind for kind, share in shares.items() if math.isfinite(share.chance)]
    assert len(at.button_group[0].options) == 1 + len(known)
