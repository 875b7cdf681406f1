"""Whether the vowels gather while a model trains, as a number with its chance level."""

import streamlit as st

from minigpt.introspection.vectors.gathering import Gathering
from ui.charts.film import StepLine, kept_steps_chart
from ui.components.glossary import meaning_of
from ui.i18n import _, numeral
from ui.screens.inside.question import Question
from ui.services.inside.vectors import Table, vowel_gatherings
from ui.theme import palette
from ui.wording import count, number

CHART_HEIGHT = 300


def show_vowels(question: Question, steps: list[int], table: Table) -> None:
    """The mean cosine of the vowels over the kept steps; nothing for a vocabulary without."""
    found = vowel_gatherings(question.chosen.run_id, steps, table)
    if not found:
        return
    step = question.chosen.step
    st.subheader(_("Do the vowels gather?"), anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left:
        if len(found) > 1:
            _draw(found, step)
    with right:
        st.markdown(in_words(found[step], step))
        st.caption(
            _(
                "Nobody told the model what a vowel is. It finds out by itself, if it does, that "
                "a, e, i, o and u can stand in each other's places."
            ),
            help=meaning_of("cosine"),
        )


def _draw(found: dict[int, Gathering], step: int) -> None:
    colors, seen = palette(), list(found.values())
    lines = [
        StepLine(
            name=_("vowels among themselves"), values=[one.within for one in seen],
            color=colors.validation_loss,
        ),
        StepLine(
            name=_("any two letters"), values=[one.all_pairs for one in seen],
            color=colors.reference, is_dashed=True,
        ),
    ]  # fmt: skip
    chart = kept_steps_chart(_("mean cosine"), lines, list(found), step, colors, form=".3f")
    st.echarts_chart(
        chart, height=colors.pixels(CHART_HEIGHT), key="embeddings-vowels",
        alt=", ".join(
            _("step {step}: {cosine}", step=count(at), cosine=numeral(one.within, ".3f"))
            for at, one in found.items()
        ),
    )  # fmt: skip


def in_words(found: Gathering, step: int) -> str:
    """The number, chance, and how many other groups would do as well."""
    return _(
        "At step {step} two vowels have a cosine of **{within}** on average, any two small letters "
        "{chance}: {above} above chance. Of all {groups} groups of five letters {as_close} are as "
        "close as the vowels or closer: {share} %.",
        step=count(step),
        within=numeral(found.within, ".3f"),
        chance=numeral(found.all_pairs, ".3f"),
        above=numeral(found.above_chance, "+.3f"),
        groups=count(found.groups),
        as_close=count(found.as_close),
        share=number(100 * found.as_close / found.groups),
    )
