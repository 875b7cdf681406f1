"""What decides a text: its beginning, how its tokens are drawn, and the seed."""

import streamlit as st

from minigpt.sampling.distribution import SamplingConfig
from minigpt.validation import field_help
from ui.components.model_picker import ChosenModel
from ui.i18n import _, translated
from ui.messages import escape
from ui.screens.inspect.attention import default_text, show_unknown
from ui.services import texts
from ui.session import url

MOST_TOKENS = 2000


def choose_prompt(chosen: ChosenModel) -> str:
    """The box for what the model continues, and what is to be said about it."""
    prompt = url.write_lines(
        _("Begin with"), name=url.PROMPT, default=first_prompt(chosen), longest=2000,
        help=_(
            "The model continues this, one token at a time. Left empty, it begins after a line "
            "break."
        ),
    )  # fmt: skip
    show_unknown(chosen, prompt)
    show_beginning(chosen, prompt)
    return prompt


def first_prompt(chosen: ChosenModel) -> str:
    """A beginning from the run's own text, for somebody who has not typed one."""
    found = texts.example(chosen.run_id)
    return found.prompt if found else default_text(chosen, chosen.trained.model.context_length)


def show_beginning(chosen: ChosenModel, prompt: str) -> None:
    """What the model begins with where nobody gave it a beginning."""
    if note := chosen.trained.beginning_note(prompt):
        st.caption(escape(translated(note)))


def knobs() -> tuple[SamplingConfig, int, int]:
    """How the next token is drawn, how many there will be, and the seed.

    Raises:
        ConfigurationError: a value is out of range.
    """
    texts = field_help(SamplingConfig)
    columns = st.columns(5)
    temperature = columns[0].slider(
        _("Temperature"), 0.0, 2.0, 0.8, 0.05, help=translated(texts["temperature"]),
        key="temperature", bind="query-params",
    )  # fmt: skip
    with columns[1]:
        top_k = _whole(_("Top-k"), 0, 10_000, 0, 1, "top_k", translated(texts["top_k"]))
    top_p = columns[2].slider(
        _("Top-p"), 0.05, 1.0, 1.0, 0.05, help=translated(texts["top_p"]), key="top_p",
        bind="query-params",
    )  # fmt: skip
    with columns[3]:
        tokens = _whole(
            _("Tokens"), 1, MOST_TOKENS, 200, 50, "tokens", _("How many tokens to add.")
        )
    with columns[4]:
        seed = _whole(_("Seed"), 0, 2**31 - 1, 1337, 1, "seed", _("Equal seeds give equal text."))
    return SamplingConfig(temperature=temperature, top_k=top_k, top_p=top_p), tokens, seed


def _whole(label: str, least: int, most: int, default: int, step: int, key: str, help: str) -> int:
    # Asked for as a number with a fraction: of an address that says "1e400", Streamlit ignores
    # what such a box cannot hold, and fails with one for whole numbers.
    given = st.number_input(
        label, float(least), float(most), float(default), float(step), format="%.0f", help=help,
        key=key, bind="query-params",
    )  # fmt: skip
    return int(given)
