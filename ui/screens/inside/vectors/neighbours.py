"""The neighbours of a token, by three measures, beside how alike any two tokens are."""

import streamlit as st

from minigpt.models.layers.scoring import SCORINGS, Scoring
from minigpt.sentences import N_
from ui.charts.vectors.bars import neighbours_chart
from ui.components.glossary import meaning_of
from ui.i18n import _, numeral, translated
from ui.messages import escape
from ui.pickers import tell_apart
from ui.screens.inside.question import Question
from ui.services.inside.vectors import NearTokens, drawn_tokens
from ui.session import url
from ui.theme import palette

BAR_PIXELS, AROUND_PIXELS, LONGEST_LABEL = 26, 78, 14
MEASURES: dict[Scoring, str] = {
    "cosine": N_("cosine"),
    "dot": N_("dot product"),
    "scaled_dot": N_("scaled dot product"),
}


def label_of(question: Question, token: int) -> str:
    """A token's name on a figure; a long one is cut."""
    label = question.label(token)
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"


def choose_token(question: Question) -> tuple[int, Scoring]:
    """A box for the token and a row of buttons for the measure; both are in the address."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    options = _options(question)
    with left:
        token = url.select(
            _("Neighbours of"), options, name=url.OF, default=options[0],
            show=lambda one: question.label(int(one)),
            help=_("Or click a token of the map. First is the one that is chosen in the text."),
        )  # fmt: skip
    with right:
        measure = url.pick(
            _("Alike by"), list(MEASURES), name=url.MEASURE, default="cosine",
            show=lambda one: translated(MEASURES[next(x for x in SCORINGS if x == one)]),
            help=_(
                "The dot product multiplies two vectors number by number and adds up: long "
                "vectors win. The cosine divides by both lengths: only the direction counts. The "
                "scaled dot product divides by the root of how many numbers there are, as "
                "attention does: the same order as the dot product, in smaller numbers."
            ),
        )  # fmt: skip
    return int(token), next(one for one in SCORINGS if one == measure)


def _options(question: Question) -> list[str]:
    """The chosen token of the text first, then the others of the text and of the map."""
    chosen = question.chosen
    text = chosen.trained.tokenizer.encode(question.text)
    drawn = drawn_tokens(chosen.run_id, chosen.step).ids
    wanted = url.remembered_choice(url.OF) or ""
    asked = [int(wanted)] if wanted.isascii() and wanted.isdigit() and len(wanted) < 8 else []
    known = [one for one in asked if one < len(question.logits)]
    return list(map(str, dict.fromkeys([text[question.position], *text, *drawn, *known])))


def show_neighbours(question: Question, token: int, measure: Scoring, found: NearTokens) -> None:
    """Bars, the nearest on top, and what chance would give."""
    title = _("Nearest to “{token}”", token=label_of(question, token))
    st.markdown(f"**{escape(title)}**")
    names = names_of(question, found.neighbours.ids)
    chart = neighbours_chart(
        names, found.neighbours.likeness, found.chance, translated(MEASURES[measure]), palette()
    )
    st.echarts_chart(
        chart, height=palette().pixels(BAR_PIXELS * len(names) + AROUND_PIXELS),
        key="embeddings-near",
        alt=", ".join(
            f"{name} {numeral(value, '.2f')}"
            for name, value in zip(names, found.neighbours.likeness, strict=True)
        ),
    )  # fmt: skip
    st.caption(
        _(
            "Searched for in the whole vocabulary, in all directions, not only the two of the "
            "map. The dashed line is the mean of any two tokens: {chance}.",
            chance=numeral(found.chance, ".3f"),
        ),
        help=meaning_of("cosine"),
    )


def names_of(question: Question, ids: tuple[int, ...]) -> list[str]:
    """The names of tokens, no two alike."""
    names = tell_apart(list(map(str, ids)), lambda one: label_of(question, int(one)))
    return [names[str(one)] for one in ids]
