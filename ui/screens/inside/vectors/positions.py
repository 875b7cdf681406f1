"""How the model knows where its tokens stand, and what it makes of them in another order."""

import math

import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.introspection.vectors.order import ShuffledText
from minigpt.sentences import N_
from ui import messages
from ui.charts.figure_style import figure_style
from ui.charts.figures import Figure, as_html
from ui.charts.vectors.places import place_cells, place_curves, place_likeness
from ui.components.glossary import meaning_of
from ui.i18n import _, numeral, translated
from ui.messages import escape
from ui.navigation import page_file
from ui.screens.inside.question import Question
from ui.services import runs
from ui.services.inside.positions import Kind, PlacesToldApart, in_other_orders, places_of
from ui.services.inside.prediction import ModelOnText
from ui.session import url
from ui.theme import palette
from ui.wording import as_csv, count, loss

KINDS: dict[Kind, str] = {
    "none": N_(
        "This model adds nothing for a place and turns nothing. What it knows of an order can only "
        "come from the mask, if it has one: each token sees those before it and no others."
    ),
    "learned": N_(
        "This model has learned positions: a vector for each place, drawn at random at first and "
        "moved by training, is added to the vector of the token that stands there."
    ),
    "waves": N_(
        "This model adds waves: each place has fixed sines and cosines, fast ones in the first "
        "channels and ever slower ones after. Nothing of them is trained."
    ),
    "rotary": N_(
        "This model has rotary positions: nothing is added. Each head turns its queries and keys, "
        "pair of channels by pair, by angles that grow with the place, so that a score depends on "
        "the distance of two tokens. Nothing of the angles is trained."
    ),
}


def show_positions(question: Question) -> None:
    """The model's own kind, drawn; then the text with its tokens in other orders."""
    st.subheader(_("How it knows where tokens stand"), anchor=False)
    try:
        found = places_of(question.model_on_text)
        st.caption(translated(KINDS[found.kind]), help=meaning_of("cosine", "context"))
        left, right = st.columns([3, 2], gap="large")
        with left:
            if found.kind != "none":
                _draw([_cells(found), place_curves(found.shown, digits=2)])
                _say_what_is_left_out(found)
        with right:
            if found.kind != "none":
                _draw([place_likeness(_likeness(question, found))])
                st.caption(_likeness_in_words(found))
            _show_orders(question)
            _show_ways(found)
    except MiniGPTError as error:
        messages.show_error(error)


def _draw(figures: list[Figure]) -> None:
    colors = palette()
    st.html(figure_style(colors) + "".join(as_html(one, colors) for one in figures))


def _cells(found: PlacesToldApart) -> Figure:
    if found.kind == "rotary":
        title = _(
            "The cosine of each angle: a column for each place, a row for each pair of channels"
        )
        return place_cells(title, found.shown, high=1.0)
    title = _("What is added: a column for each place, a row for each channel")
    return place_cells(title, found.shown, high=float(abs(found.shown).max()) or 1.0)


def _say_what_is_left_out(found: PlacesToldApart) -> None:
    places, rows = found.shown.shape
    if (places, rows) != (found.places, found.channels):
        st.caption(
            _(
                "Shown are {places} of {all_places} places and {rows} of {all_rows} rows.",
                places=places, all_places=count(found.places), rows=rows,
                all_rows=count(found.channels),
            )
        )  # fmt: skip


def _likeness(question: Question, found: PlacesToldApart) -> dict[str, tuple[float, ...]]:
    """At this step; for what is trained also at the first kept step, which is the chance level."""
    now = _("step {step}", step=count(question.chosen.step))
    if found.kind != "learned":
        return {_("at any step"): found.alike}
    first = min(one.step for one in runs.snapshot(question.chosen.run_id).checkpoints)
    if first == question.chosen.step:
        return {now: found.alike}
    then = places_of(ModelOnText(question.chosen.run_id, first, question.text))
    return {now: found.alike, _("step {step}", step=count(first)): then.alike}


def _likeness_in_words(found: PlacesToldApart) -> str:
    if found.kind == "rotary":
        return _(
            "What is left of the score of a query for a key just like it, if all its pairs are "
            "equally long: 1 at distance 0. Real queries and keys choose their pairs."
        )
    if found.kind == "waves":
        return _("For two places the distance decides, wherever they stand.")
    return _("At 0, two places are no more alike than two vectors drawn at random.")


def _show_orders(question: Question) -> None:
    st.subheader(_("The text in other orders"), anchor=False)
    try:
        with st.spinner(_("Reading it in other orders …"), show_time=True):
            seen = in_other_orders(question.model_on_text)
    except MiniGPTError as error:
        messages.show_error(error)
        return
    st.markdown(orders_in_words(seen, len(question.logits)))


def orders_in_words(seen: ShuffledText, vocabulary: int) -> str:
    """What moves, beside what an even guess would lose."""
    return _(
        "All tokens but the last change places, in {orders} orders drawn at random. On average "
        "**{moved} %** of the probability of what comes after the last token moves to other "
        "tokens. The loss is **{loss}** on the text as it is, **{shuffled}** on its tokens in "
        "other orders, and {even} for guessing evenly.",
        orders=seen.orders, moved=numeral(100 * seen.moved, ".1f"), loss=loss(seen.loss),
        shuffled=loss(seen.shuffled_loss), even=loss(math.log(vocabulary)),
    )  # fmt: skip


def _show_ways(found: PlacesToldApart) -> None:
    if found.kind != "none":
        st.download_button(
            _("These places (CSV)"), lambda: as_csv(position_table(found)),
            file_name="positions.csv", mime="text/csv", on_click="ignore", type="tertiary",
            icon=":material/download:",
        )  # fmt: skip
    st.page_link(
        page_file("learn"), label=escape(_("Learn: all four kinds, side by side")),
        icon=":material/school:", query_params={url.LESSON: "embeddings", url.PART: "places"},
    )  # fmt: skip


def position_table(found: PlacesToldApart) -> pd.DataFrame:
    """A row for each place that is shown."""
    columns = [f"row_{at + 1}" for at in range(found.shown.shape[1])]
    numbers = pd.DataFrame(found.shown, columns=columns)
    numbers.insert(0, "place", range(1, len(numbers) + 1))
    return numbers
