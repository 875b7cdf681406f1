import pytest

from minigpt.sampling.distribution import SamplingConfig
from ui.screens.generate.knobs import Knobs


def show():
    import streamlit as st

    from ui.screens.generate.knobs import choose_knobs

    st.session_state["knobs"] = choose_knobs()


def turned(tokens=200, seed=1337, samples=1, stop=(), **sampling):
    return Knobs(
        sampling=SamplingConfig(**sampling), tokens=tokens, seed=seed, samples=samples, stop=stop
    )


def test_knobs_begin_where_the_sampling_does(draw):
    at = draw(show)
    assert at.session_state["knobs"] == turned()
    assert all(knob.help for knob in [*at.slider, *at.number_input, *at.text_area])
    assert not at.exception


def test_a_link_turns_the_knobs(draw):
    link = {
        "temperature": "0", "top_k": "3", "top_p": "0.5", "tokens": "10", "seed": "7",
        "min_p": "0.1", "repetition_penalty": "1.2", "samples": "3", "stop": "\\n\\n\nEND",
    }  # fmt: skip
    at = draw(show, query=link)
    assert at.session_state["knobs"] == turned(
        temperature=0.0, top_k=3, top_p=0.5, min_p=0.1, repetition_penalty=1.2, tokens=10, seed=7,
        samples=3, stop=("\n\n", "END"),
    )  # fmt: skip
    assert not at.exception


@pytest.mark.parametrize(
    ("link", "is_open"), [({}, False), ({"top_k": "3"}, False), ({"min_p": "0.1"}, True)]
)
def test_what_most_leave_alone_is_folded_unless_a_link_says_something_of_it(draw, link, is_open):
    assert draw(show, query=link).expander[0].proto.expanded == is_open


def test_a_link_that_asks_for_the_impossible_is_ignored(draw):
    link = {
        "temperature": "99", "top_k": "-1", "top_p": "x", "tokens": "1000000", "seed": "-5",
        "min_p": "2", "repetition_penalty": "0", "samples": "1000",
    }  # fmt: skip
    at = draw(show, query=link)
    assert at.session_state["knobs"] == turned()
    assert not at.exception


@pytest.mark.parametrize(
    "name",
    ["temperature", "top_k", "top_p", "tokens", "seed", "min_p", "repetition_penalty", "samples"],
)
@pytest.mark.parametrize("value", ["1e400", "nan", "-inf", "9" * 400, "1e400,2", "\u0663"])
def test_a_link_with_a_number_that_is_none_is_ignored(draw, name, value):
    at = draw(show, query={name: value})
    # To Streamlit a three is one in any script.
    three = {name: 3} if name in ("top_k", "tokens", "seed", "samples") else {}
    assert at.session_state["knobs"] in (turned(), turned(**three))
    assert not at.exception
