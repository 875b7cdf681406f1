"""One text in full: its size, its characters, what it foretells, its beginning."""

import streamlit as st

from minigpt.corpora import Corpus
from ui import messages
from ui.charts.loss import bar_chart
from ui.components.glossary import meaning_of
from ui.i18n import _, translated
from ui.navigation import page_file
from ui.services import counting, runs
from ui.theme import palette
from ui.wording import count, glyph, loss, number

PREVIEW_CHARACTERS = 2000
MOST_SHOWN = 3000
"""Characters of an alphabet; Chinese texts come near."""
CHART_HEIGHT = 210


def show_corpus(corpus: Corpus) -> None:
    """Everything about one text."""
    found = runs.corpus_statistics(corpus.name)
    sizes = st.columns(4)
    sizes[0].metric(_("Characters"), number(found.characters), help=count(found.characters))
    sizes[1].metric(
        _("Different ones"), count(found.distinct_symbols), help=_("The model's alphabet.")
    )
    sizes[2].metric(_("Lines"), number(found.lines))
    sizes[3].metric(
        _("To be judged by"), number(len(corpus.validation_text)),
        help=_("A tenth of the text, usually the last, is kept from training. How well the model "
        "predicts it is the honest measure of what it learnt.")
        + "\n\n" + meaning_of("validation"),
    )  # fmt: skip
    st.page_link(
        page_file("train"), label=_("Train on this text"), icon=":material/model_training:",
        query_params={"corpus": corpus.name},
    )  # fmt: skip
    _judging(corpus)
    ladder, letters = st.columns(2, gap="large")
    with ladder:
        _entropy_ladder(corpus.name)
    with letters:
        _frequent(corpus.name)
    _characters(corpus)
    st.subheader(_("How it begins"), anchor=False)
    st.code(corpus.text[:PREVIEW_CHARACTERS], language=None, wrap_lines=True, height=320)


def _judging(corpus: Corpus) -> None:
    """What speaks against the text, and the way to train with another part where that mends it."""
    for warning in runs.corpus_warnings(corpus.name):
        st.warning(messages.escape(translated(warning)), icon=":material/balance:")
    found = runs.corpus_judging(corpus.name)
    if found and found.is_mended_by_paragraphs:
        st.page_link(
            page_file("train"), label=_("Train, judged by paragraphs from everywhere"),
            icon=":material/shuffle:",
            query_params={"corpus": corpus.name, "corpus.validation": "paragraphs"},
        )  # fmt: skip


def _entropy_ladder(name: str) -> None:
    counted = counting.counting_lines(name)
    st.subheader(_("What plain counting can reach"), anchor=False)
    values = {translated(title): value for title, value in counted.items()}
    chart = bar_chart(
        list(values), list(values.values()), _("loss (nats a character)"), palette(), digits=4
    )
    st.echarts_chart(
        chart,
        height=palette().pixels(CHART_HEIGHT), key="entropy-ladder",
        alt=", ".join(f"{name} {loss(value)}" for name, value in values.items()),
    )  # fmt: skip
    st.caption(
        _(
            "The loss of a guesser that knows only how often letters, pairs, triples or longer "
            "runs of letters occur. Runs that are too rare in this text to help are left out. A "
            "model is worth its training where it gets below these."
        )
    )


def _frequent(name: str) -> None:
    frequent = runs.corpus_statistics(name).most_frequent[:10]
    total = runs.corpus_statistics(name).characters
    st.subheader(_("The most frequent characters"), anchor=False)
    st.echarts_chart(
        bar_chart(
            [glyph(character) for character, times in frequent],
            [100 * times / total for character, times in frequent],
            _("share of the text (%)"),
            palette(),
            digits=1,
        ),
        height=palette().pixels(CHART_HEIGHT + 60), key="frequent",
        alt=_("The ten most frequent characters"),
    )  # fmt: skip


def _characters(corpus: Corpus) -> None:
    st.subheader(_("Its alphabet"), anchor=False)
    shown = corpus.characters[:MOST_SHOWN]
    st.code(" ".join(map(glyph, shown)), language=None, wrap_lines=True)
    if len(shown) < len(corpus.characters):
        st.caption(_("The first {most} are shown.", most=count(MOST_SHOWN)))
