"""The demo model's heads on Home: what looking inside a model means, before anything is chosen."""

import numpy as np
import streamlit as st
from jaxtyping import Float

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.glossary import meaning_of
from ui.components.head_tiles import Measure, head_tiles
from ui.components.token_strip import Follows, token_strip
from ui.i18n import _, translated
from ui.navigation import page_file
from ui.screens.inspect.overview import UNITS, token_names
from ui.services import runs, texts
from ui.services.models import trace_of, trained_model
from ui.session import url

GROUP = "home"
LOOK = "home-look"
"""Key of the session: which layer, head and token were chosen here."""


def show_heads() -> None:
    """Every head on the demo model's example text."""
    # On its own, so that choosing a letter draws nothing else of the page again.
    st.fragment(_show)()


def _show() -> None:
    try:
        found = texts.example_line(runs.DEMO_RUN)
        trained = trained_model(runs.DEMO_RUN, None)
        trace = trace_of(runs.DEMO_RUN, None, found.line) if found else None
    except MiniGPTError as error:
        messages.show_error(error)
        return
    if not found or not trace or not trace.layers:
        return
    tokens = token_names(trained.tokenizer, found.line)
    looks = st.session_state.get(LOOK, (0, 0, len(tokens) - 1))
    maps = trace.attention[0].numpy()
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        _draw(maps, tokens, *looks)
    with right:
        _explain(maps.shape[0] * maps.shape[1])
        _link(trained.checkpoint.step, found.line, *looks)


def _draw(
    maps: Float[np.ndarray, "layers heads queries keys"],
    tokens: tuple[str, ...],
    layer: int,
    head: int,
    token: int,
) -> None:
    token_strip(
        tokens, key="home-strip", chosen=token, group=GROUP,
        label=_("The text as tokens. Arrow keys choose the token that looks."),
        background=Follows(layer=layer, head=head),
        on_choose=lambda chosen: _choose(layer, head, chosen),
    )  # fmt: skip
    head_tiles(
        maps, tokens, key="home-tiles", group=GROUP,
        measure=Measure(unit=translated(UNITS["weight"]), high=1.0, clipped=False),
        names=[[""] * maps.shape[1]] * maps.shape[0],
        on_choose=lambda row, place: _choose(row, place, token),
    )  # fmt: skip


def _link(step: int, text: str, layer: int, head: int, token: int) -> None:
    st.page_link(
        page_file("attention"), label=_("Go on from this view"), icon=":material/grid_on:",
        query_params={
            url.RUN: runs.DEMO_RUN, url.STEP: str(step), url.TEXT: text,
            url.LAYER: str(layer + 1), url.HEAD: str(head + 1), url.TOKEN: str(token + 1),
        },
    )  # fmt: skip


def _explain(heads: int) -> None:
    st.subheader(_("Where its heads look"), anchor=False, help=meaning_of("head", "layer"))
    st.markdown(
        _(
            "Each square is one of the {count} heads of the model that has read Shakespeare: a "
            "row for every character, the stronger in colour the more it looks at an earlier one. "
            "Click a character, and the bars show what each head looks at from there.",
            count=heads,
        )
    )


def _choose(layer: int, head: int, token: int) -> None:
    st.session_state[LOOK] = (layer, head, token)
