"""One text in full: its size, its characters, what it foretells, its beginning."""

from contextlib import suppress

import streamlit as st

from minigpt.corpora import Corpus
from minigpt.errors import MiniGPTError
from minigpt.jobs.estimate.token_counts import TokenCounts
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS
from minigpt.sentences import N_
from ui import messages
from ui.charts.loss import bar_chart
from ui.components.glossary import meaning_of
from ui.components.plain_text import plain_text
from ui.i18n import _, translated
from ui.navigation import page_file
from ui.services import counting, runs
from ui.services.texts import token_counts_of
from ui.theme import palette
from ui.wording import count, glyph, loss, number

PREVIEW_CHARACTERS = 2000
MOST_SHOWN = 3000
"""Characters of an alphabet; Chinese texts come near."""
CHART_HEIGHT = 210
LONG_ENOUGH = 50_000
"""Characters that are enough for every preset, even as words."""
TOKENS = {"character": N_("characters"), "word": N_("words")}


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
    _too_short(corpus)
    _judging(corpus)
    ladder, frequent = st.columns(2, gap="large")
    with ladder:
        _entropy_ladder(corpus.name)
    with frequent:
        _frequent(corpus.name)
    _characters(corpus)
    st.subheader(_("How it begins"), anchor=False)
    plain_text(corpus.text[:PREVIEW_CHARACTERS], tallest=320)


def _too_short(corpus: Corpus) -> None:
    """Which presets cannot learn from a text this short as they are, and what to do."""
    for kind in TOKENS if len(corpus.text) <= LONG_ENOUGH else ():
        config = RunConfig().changed({"corpus.name": corpus.name, "tokenizer.kind": kind})
        with suppress(MiniGPTError):  # a text that cannot be cut so is told of below
            counts = token_counts_of(config)
            if words := shortness(kind, counts):
                st.warning(messages.escape(words), icon=":material/short_text:")


def shortness(kind: str, counts: TokenCounts) -> str | None:
    """What a text of so few tokens of a kind is too short for; None if for no preset."""
    fewest = min(counts.training_tokens, counts.validation_tokens)
    contexts = {
        preset.title: preset.config.model.context_length for preset in PRESETS.values()
        if preset.config.tokenizer.kind == kind
    }  # fmt: skip
    stopped = [title for title, context in contexts.items() if context >= fewest]
    if not stopped:
        return None
    training, validation = count(counts.training_tokens), count(counts.validation_tokens)
    if fewest < 2:
        return _(
            "Cut into {tokens}, this text has {training} to train on and {validation} to be "
            "judged by: too few for any context. Use a longer text.",
            tokens=translated(TOKENS[kind]), training=training, validation=validation,
        )  # fmt: skip
    return _(
        "Cut into {tokens}, this text has {training} to train on and {validation} to be judged "
        "by: too few for the context of {presets}. Use a longer text, or a context of at most "
        "{largest}.",
        tokens=translated(TOKENS[kind]), training=training, validation=validation,
        presets=", ".join(f"“{translated(title)}”" for title in stopped),
        largest=count(fewest - 1),
    )  # fmt: skip


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
    counted, least = counting.counting_lines(name), counting.rule_loss(name)
    if least is not None:
        counted = {**counted, counting.KNOWING_THE_RULE: least}
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
            "The loss of a guesser that knows only how often characters, pairs, triples or longer "
            "sequences of them occur. Sequences that are too rare in this text to help are left "
            "out. A model is worth its training where it gets below these."
        )
    )
    if least is not None:
        st.caption(
            _(
                "Every line of this text is made by a rule from choices at random. Whoever knows "
                "the rule, and how likely each choice is, has a loss of **{least}**: no model gets "
                "much below it.",
                least=loss(least),
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
    plain_text(" ".join(map(glyph, shown)))
    if len(shown) < len(corpus.characters):
        st.caption(_("The first {most} are shown.", most=count(MOST_SHOWN)))
