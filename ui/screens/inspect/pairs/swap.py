"""Two texts and one swap: which state of the first decides what follows the second."""

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.errors import MiniGPTError
from minigpt.introspection.pairs.swaps import Place
from minigpt.sentences import N_
from ui import messages, pickers
from ui.components.head_map import Scale, head_map
from ui.components.model_picker import ChosenModel
from ui.components.plain_text import plain_text
from ui.components.token_strip import token_strip
from ui.i18n import _, numeral, translated
from ui.messages import escape
from ui.screens.inspect.attention import default_text, longest_text, tokens_are
from ui.screens.inspect.overview import token_names
from ui.screens.inspect.pairs.swap_files import show_downloads
from ui.screens.inspect.pairs.swap_names import row_labels, row_names, token_name
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
from ui.wording import count, glyph

GROUP, FIRST_TOKENS = "swap", 32
LAYERS, HEADS = "layers", "heads"
ROWS = {LAYERS: N_("A whole state"), HEADS: N_("What one head brings")}


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
    by_head = _choose_rows() == HEADS
    try:
        text, other = _choose_texts(chosen, by_head=by_head)
        figures = swap_figures(chosen.run_id, chosen.step, text, other, by_head=by_head)
    except MiniGPTError as error:
        messages.show_error(error)
        _offer_another_second()
        return
    swapped = _choose_place(figures)
    _show_map(chosen, figures, swapped)
    after = after_swap(chosen.run_id, chosen.step, text, other, figures.place(*swapped))
    _show_after(figures, swapped, after)
    show_downloads(chosen, figures, text, other)


def _choose_rows() -> str:
    return url.pick(
        _("What is pasted"), list(ROWS), name=url.ROWS, default=LAYERS,
        show=lambda one: translated(ROWS[one]),
        help=_(
            "A whole state is all that the model carries at one token after one layer. What one "
            "head brings there is only its own part of it: such swaps tell which head carries the "
            "difference."
        ),
    )  # fmt: skip


def _choose_texts(chosen: ChosenModel, *, by_head: bool) -> tuple[str, str]:
    tokenizer, most = chosen.trained.tokenizer, most_tokens(chosen.trained, by_head=by_head)
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
        on_change=lambda: url.write_choices(**{url.OTHER: st.session_state["swap-instead"]}),
    )


def _change(chosen: ChosenModel, text: str, place: int) -> None:
    if options := changed_texts(chosen.run_id, chosen.step, text, place):
        url.write_choices(url.STATE, **{url.OTHER: options[0]})


def _offer_another_second() -> None:
    if url.in_url(url.OTHER) is not None:
        st.button(
            _("Make a second text from the first"),
            on_click=url.drop_from_url, args=(url.OTHER,), icon=":material/edit:",
        )  # fmt: skip


def _choose_place(figures: SwapFigures) -> Place:
    """The swap that is looked at: the address's, or the strongest halfway through the model."""
    rows, length = figures.moved.shape
    strongest_row = int(np.abs(figures.moved).max(1).argmax())
    row = url.read_place(url.STATE, rows, default=strongest_row if figures.heads else rows // 2)
    strongest = int(np.abs(figures.moved[row]).argmax())
    return row, url.read_place(url.TOKEN, length, default=strongest)


def _named(place: int, tokens: list[str] | tuple[str, ...]) -> str:
    return f"{place + 1} {glyph(tokens[place])}"


def _explain_map(figures: SwapFigures) -> str:
    first, second = (escape(glyph(one)) for one in figures.answers)
    if figures.heads:
        return _(
            "Heads down, tokens across: at one token one head brings what it brought in the first "
            "text. 0: the guess stays as after the second text. 1: it becomes as after the first. "
            "Measured by how far the model prefers **{first}** to **{second}** next (difference "
            "of their logits: {from_first} after the first text, {from_second} after the second). "
            "In the last layer only the last token counts, which makes the guess.",
            first=first, second=second,
            from_first=numeral(figures.differences[0], "+.2f"),
            from_second=numeral(figures.differences[1], "+.2f"),
        )  # fmt: skip
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
    length = figures.moved.shape[1]
    head_map(
        figures.moved,
        row_labels(figures),
        [token_name(figures, place) for place in range(length)],
        key="swap-map",
        label=_map_label(figures),
        scale=Scale(
            low=-1.0, high=1.0, clipped=bool(np.abs(figures.moved).max() > 1),
            unit=_("of the way from the second text's guess to the first's"),
        ),
        causal=False,
        chosen=swapped,
        group=GROUP,
        file=f"swaps-step{chosen.step}",
        row_names=row_names(figures),
        on_choose=lambda state, token: url.write_choices(
            **{url.STATE: state + 1, url.TOKEN: token + 1}
        ),
    )  # fmt: skip


def _map_label(figures: SwapFigures) -> str:
    if figures.heads:
        return _(
            "How far each swap moves the guess. Rows are heads, columns are tokens. Arrow keys "
            "choose a swap, which is told in words below."
        )
    return _(
        "How far each swap moves the guess. Rows are layers, 0 before the first; columns are "
        "tokens. Arrow keys choose a swap, which is told in words below."
    )


def _show_after(figures: SwapFigures, swapped: Place, after: AfterSwap) -> None:
    row, token = swapped
    name, what = escape(f"{token + 1} {token_name(figures, token)}"), row_names(figures)[row]
    words = (
        _("The swap of {head}, at token {token}", head=what, token=name)
        if figures.heads
        else _("The swap {when}, at token {token}", when=what, token=name)
    )
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
            plain_text(after.written[number])
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
