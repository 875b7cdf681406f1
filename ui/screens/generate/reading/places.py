"""One piece of a text: where it stands in the training text, and when that place was read."""

from html import escape as in_html

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.reading.log import Reading, ReadingLog, in_words
from minigpt.reading.overlap import Overlap, Span
from minigpt.reading.places import Place
from minigpt.reading.report import readings_of
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.i18n import _, ngettext, translated
from ui.services.reading import reading_log
from ui.wording import count

AROUND = 160
"""Characters of the training text that are shown to either side."""
MOST_STEPS = 24
STYLE = """
<style>
.place { font-family: monospace; font-size: 0.875rem; white-space: pre-wrap;
  overflow-wrap: anywhere; line-height: 1.6; margin: 0; }
.place mark { background: none; color: inherit; font-weight: 700;
  border-bottom: 2px solid currentColor; }
</style>
"""


def show_piece(chosen: ChosenModel, found: Overlap, place: Place) -> None:
    """The longest piece that a token is in."""
    st.subheader(_("Where it stands in the training text"), anchor=False)
    span = found.longest_at(max(place.start, place.end - 1)) if place.end else None
    if span is None:
        st.caption(_("This character is nowhere in the training text."))
        return
    st.markdown(messages.escape(_about(span)))
    before, piece, after = _around(found, span)
    # All of it comes from a text that anybody may have brought.
    st.html(
        f"{STYLE}<p class='place'>{in_html(before)}<mark>{in_html(piece)}</mark>"
        f"{in_html(after)}</p>"
    )
    _show_log(chosen, found, span)


def _about(span: Span) -> str:
    length = count(span.length)
    words = ngettext(
        "The longest piece through the chosen place has {length} characters. It stands in the "
        "training text once.",
        "The longest piece through the chosen place has {length} characters. It stands in the "
        "training text {count:,} times; this is the first place.",
        span.places,
        length=length,
    )
    if span.chance is None:
        return words
    chance = _(
        "{chance:.1f} % of the text that was kept from training stands in pieces at least as long.",
        chance=100 * span.chance,
    )
    return _("{about} {chance}", about=words, chance=chance)


def _around(found: Overlap, span: Span) -> tuple[str, str, str]:
    text, start = found.training.text, span.first_places[0]
    end = start + span.length
    return text[max(0, start - AROUND) : start], text[start:end], text[end : end + AROUND]


def _show_log(chosen: ChosenModel, found: Overlap, span: Span) -> None:
    st.subheader(
        _("Its reading log"), anchor=False,
        help=_(
            "At each step of its training a model reads a few windows of text, drawn by chance. "
            "Which ones follows from the run's seed alone, so they are drawn again here: nothing "
            "is guessed."
        ),
    )  # fmt: skip
    try:
        log = reading_log(chosen.run_id, chosen.step)
    except MiniGPTError as error:
        messages.show_error(error)
        return
    readings = readings_of(found, log, span)
    st.markdown(messages.escape(translated(in_words(readings, log.history))))
    _show_steps(readings)
    _show_unknown(log)


def _show_steps(readings: list[Reading]) -> None:
    whole = [one for one in readings if one.whole]
    shown = whole or readings
    if not shown:
        return
    steps = ", ".join(count(one.step) for one in shown[:MOST_STEPS])
    template = _("Steps that had all of it: {steps}", steps=steps)
    if not whole:
        template = _("Steps that had a part of it: {steps}", steps=steps)
    if len(shown) > MOST_STEPS:
        template = _("{steps} and {more} more", steps=template, more=count(len(shown) - MOST_STEPS))
    st.caption(messages.escape(template))


def _show_unknown(log: ReadingLog) -> None:
    for words in log.history.unknown:
        st.caption(messages.escape(_("Not in this log: {steps}.", steps=translated(words))))
