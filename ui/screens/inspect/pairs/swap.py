"""Two texts and one swap: which state of the first decides what follows the second."""

import io
import json
import shlex

import numpy as np
import pandas as pd
import streamlit as st
from jaxtyping import Float
from streamlit.delta_generator import DeltaGenerator

from minigpt.errors import MiniGPTError
from minigpt.introspection.pairs.swaps import Place
from ui import messages, pickers
from ui.charts.drawings import numbered_map
from ui.components.head_map import Scale, head_map
from ui.components.model_picker import ChosenModel
from ui.components.token_strip import token_strip
from ui.i18n import _, numeral
from ui.messages import escape
from ui.screens.inspect.attention import default_text, longest_text, tokens_are
from ui.screens.inspect.overview import token_names
from ui.services.inside.swaps import (
    AfterSwap,
    SwapFigures,
    after_swap,
    changed_texts,
    second_text,
    swap_figures,
)
from ui.services.inside.swaps import longest_text as most_tokens
from ui.session import url
from ui.theme import palette
from ui.wording import count, glyph

GROUP, FIRST_TOKENS = "swap", 32


def show(chosen: ChosenModel, place: DeltaGenerator) -> None:
    """The two texts, the map of all swaps, and what one of them leads to."""
    place.caption(
        _(
            "Two texts that differ in little lead to different guesses. Where does the model carry "
            "what makes the difference? Take one state of the first text, of one layer and one "
            "token, paste it into the second, and see whether the guess goes over."
        ),
        help=_(
            "A state is the vector that the model has at one token after one layer: its residual "
            "stream. The field calls this causal tracing, or activation patching (Meng et al. "
            "2022). Tokens are {tokens_are}.",
            tokens_are=tokens_are(chosen.trained.tokenizer.kind),
        ),
    )
    try:
        text, other = _choose_texts(chosen)
        figures = swap_figures(chosen.run_id, chosen.step, text, other)
    except MiniGPTError as error:
        messages.show_error(error)
        _offer_another_second()
        return
    swapped = _choose_place(figures)
    _show_map(chosen, figures, swapped)
    after = after_swap(chosen.run_id, chosen.step, text, other, swapped)
    _show_after(figures, swapped, after)
    _show_downloads(chosen, figures, text, other)


def _choose_texts(chosen: ChosenModel) -> tuple[str, str]:
    tokenizer, most = chosen.trained.tokenizer, most_tokens(chosen.trained)
    longest = longest_text(tokenizer, most)
    left, right = st.columns(2, gap="large")
    with left:
        text = tokenizer.known_form(
            url.write_lines(
                _("First text, which gives one of its states; at most {most} tokens",
                  most=count(most)),
                name=url.TEXT,
                default=default_text(chosen, min(most, FIRST_TOKENS)), longest=longest,
            )
        )  # fmt: skip
    asked = url.in_url(url.OTHER)
    default = second_text(chosen.run_id, chosen.step, text) if asked is None else ""
    with right:
        other = tokenizer.known_form(
            url.write_lines(
                _("Second text, which it is pasted into; of as many tokens"),
                name=url.OTHER, default=default, longest=longest,
            )
        )  # fmt: skip
    _change_a_token(chosen, text, other)
    return text, other


def _change_a_token(chosen: ChosenModel, text: str, other: str) -> None:
    """The first text as a strip: whoever clicks a token has it changed in the second."""
    tokenizer = chosen.trained.tokenizer
    tokens, others = token_names(tokenizer, text), token_names(tokenizer, other)
    pairs = zip(tokens, others, strict=False)
    differ = [place for place, (one, another) in enumerate(pairs) if one != another]
    left, right = st.columns([3, 2], gap="large", vertical_alignment="center")
    with left:
        st.caption(_("Click a token of the first text to have it changed in the second:"))
        token_strip(
            tokens,
            key="swap-strip",
            label=_("The first text as tokens. Choosing one changes it in the second text."),
            chosen=differ[0] if differ else None,
            marks=[(one, one + 1) for one in differ],
            group=GROUP,
            on_choose=lambda place: _change(chosen, text, place),
        )
    if len(differ) == 1 and len(tokens) == len(others):
        with right:
            _choose_instead(chosen, text, other, differ[0])


def _choose_instead(chosen: ChosenModel, text: str, other: str, place: int) -> None:
    tokenizer = chosen.trained.tokenizer
    options = changed_texts(chosen.run_id, chosen.step, text, place)
    offered = options if other in options else [other, *options]
    names = {one: token_names(tokenizer, one)[place] for one in offered}
    st.session_state["swap-instead"] = other
    pickers.pills(
        _("Instead of {token}", token=escape(_named(place, token_names(tokenizer, text)))),
        offered,
        key="swap-instead",
        show=lambda one: escape(glyph(names[one])),
        help=_("What the model itself finds likeliest there, of the same kind first."),
        on_change=lambda: url.choose(**{url.OTHER: st.session_state["swap-instead"]}),
    )


def _change(chosen: ChosenModel, text: str, place: int) -> None:
    if options := changed_texts(chosen.run_id, chosen.step, text, place):
        url.choose(**{url.OTHER: options[0]})
        url.drop_from_url(url.STATE)


def _offer_another_second() -> None:
    if url.in_url(url.OTHER) is not None:
        st.button(
            _("Make a second text from the first"),
            on_click=url.drop_from_url, args=(url.OTHER,), icon=":material/edit:",
        )  # fmt: skip


def _choose_place(figures: SwapFigures) -> Place:
    """The swap that is looked at: the address's, or the strongest halfway through the model."""
    states, length = figures.moved.shape
    state = url.place(url.STATE, states, default=states // 2)
    strongest = int(np.abs(figures.moved[state]).argmax())
    return state, url.place(url.TOKEN, length, default=strongest)


def _named(place: int, tokens: list[str] | tuple[str, ...]) -> str:
    return f"{place + 1} {glyph(tokens[place])}"


def _both(figures: SwapFigures, place: int) -> str:
    one, other = glyph(figures.tokens[place]), glyph(figures.others[place])
    return one if one == other else f"{one}→{other}"


def state_name(state: int) -> str:
    """Which state of the stream, in words."""
    return _("after layer {layer}", layer=state) if state else _("before layer 1")


def _explain_map(figures: SwapFigures) -> str:
    first, second = (escape(glyph(one)) for one in figures.answers)
    return _(
        "Layers down, tokens across. 0: the guess stays as after the second text. 1: it becomes as "
        "after the first. Measured by how far the model prefers **{first}** to **{second}** next, "
        "the two tokens that either text makes more probable by the most (difference of their "
        "logits: {from_first} after the first text, {from_second} after the second). In the last "
        "row only the last token counts, which makes the guess.",
        first=first, second=second,
        from_first=numeral(figures.differences[0], "+.2f"),
        from_second=numeral(figures.differences[1], "+.2f"),
    )  # fmt: skip


def _show_map(chosen: ChosenModel, figures: SwapFigures, swapped: Place) -> None:
    st.caption(_explain_map(figures))
    states, length = figures.moved.shape
    head_map(
        figures.moved,
        [str(state) for state in range(states)],
        [_both(figures, place) for place in range(length)],
        key="swap-map",
        label=_(
            "How far each swap moves the guess. Rows are layers, 0 before the first; columns are "
            "tokens. Arrow keys choose a swap, which is told in words below."
        ),
        scale=Scale(
            low=-1.0, high=1.0, clipped=bool(np.abs(figures.moved).max() > 1),
            unit=_("of the way from the second text's guess to the first's"),
        ),
        causal=False,
        chosen=swapped,
        group=GROUP,
        file=f"swaps-step{chosen.step}",
        row_names=[state_name(state) for state in range(states)],
        on_choose=lambda state, token: url.choose(**{url.STATE: state + 1, url.TOKEN: token + 1}),
    )  # fmt: skip


def _show_after(figures: SwapFigures, swapped: Place, after: AfterSwap) -> None:
    state, token = swapped
    name = escape(f"{token + 1} {_both(figures, token)}")
    words = _("The swap {when}, at token {token}", when=state_name(state), token=name)
    st.subheader(words, anchor=False)
    st.markdown(
        _(
            "It moves the guess **{share} %** of the way from the second text's to the first's.",
            share=numeral(round(100 * float(figures.moved[swapped])), "d"),
        )
    )
    titles = (
        _("After the first text"),
        _("After the second"),
        _("After the second, with the swap"),
    )
    columns = st.columns(3, gap="medium")
    for number, column in enumerate(columns):
        with column:
            st.markdown(f"**{escape(titles[number])}**")
            st.caption(_odds_of(figures, after.odds[number]))
            st.code(after.written[number] or " ", language=None, wrap_lines=True)
    st.caption(
        _("What follows is always the likeliest token; the swap is there while each is chosen.")
    )


def _odds_of(figures: SwapFigures, odds: list[float]) -> str:
    first, second = (escape(glyph(one)) for one in figures.answers)
    return _(
        "{first}: {p_first} %, {second}: {p_second} %",
        first=first, p_first=numeral(100 * odds[0], ".1f"),
        second=second, p_second=numeral(100 * odds[1], ".1f"),
    )  # fmt: skip


def _show_downloads(chosen: ChosenModel, figures: SwapFigures, text: str, other: str) -> None:
    with st.popover(_("Take it home"), icon=":material/download:", type="tertiary"):
        name = f"swaps-step{chosen.step}"
        for label, data, ending, mime in (
            (_("The map (CSV)"), to_csv(figures), "csv", "text/csv"),
            (_("The map (SVG)"), to_svg(figures), "svg", "image/svg+xml"),
            (
                _("Everything (JSON)"),
                to_json(chosen, figures, text, other),
                "json",
                "application/json",
            ),
        ):
            st.download_button(
                label, data, file_name=f"{name}.{ending}", mime=mime, on_click="ignore",
                type="tertiary",
            )  # fmt: skip
        st.caption(_("The same numbers on the command line:"))
        words = ["python", "-m", "minigpt", "swap", chosen.run_id, "--step", str(chosen.step)]
        st.code(shlex.join([*words, "--text", text, "--other", other]), language="bash")


def to_csv(figures: SwapFigures) -> bytes:
    """The map as a table, under names that stay apart although tokens repeat.

    A row for each state, 0 for the embeddings and n after layer n.
    """
    columns = [
        f"{place} {one!r} {other!r}"
        for place, (one, other) in enumerate(zip(figures.tokens, figures.others, strict=True))
    ]
    buffer = io.StringIO()
    pd.DataFrame(figures.moved, columns=columns).to_csv(buffer, index_label="state")
    return buffer.getvalue().encode("utf-8")


def to_svg(figures: SwapFigures) -> bytes:
    """The map as a drawing, in the colours of the screen."""
    states, length = figures.moved.shape
    return numbered_map(
        figures.moved,
        [state_name(state) for state in range(states)],
        [_both(figures, place) for place in range(length)],
        palette(), low=-1.0, high=1.0,
    )  # fmt: skip


def to_json(chosen: ChosenModel, figures: SwapFigures, text: str, other: str) -> bytes:
    """Every number, under the names that the command uses."""
    moved: Float[np.ndarray, "states T"] = figures.moved
    first, second = figures.differences
    return json.dumps(
        {
            "run": chosen.run_id,
            "step": chosen.step,
            "text": text,
            "other": other,
            "text_tokens": figures.tokens,
            "other_tokens": figures.others,
            "answers": figures.answers,
            "logit_difference": {"text": round(first, 6), "other": round(second, 6)},
            "moved": [[round(share, 6) for share in row] for row in moved.tolist()],
        },
        ensure_ascii=False,
    ).encode("utf-8")
