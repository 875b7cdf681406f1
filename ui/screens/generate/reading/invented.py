"""Read or invented: what of a text stands word for word in the training text, and by chance."""

from functools import partial

import streamlit as st

from minigpt.reading.overlap import LEAST, Overlap
from minigpt.reading.places import Place, places
from minigpt.reading.report import as_file, overlap_values
from ui import messages
from ui.charts.loss import bar_chart
from ui.components.model_picker import ChosenModel
from ui.components.token_strip import token_strip
from ui.i18n import _, ngettext, numeral, translated
from ui.screens.generate.reading.elsewhere import can_be_asked, require_text
from ui.screens.generate.reading.passage import (
    choose_passage,
    choose_token,
    offer_examples,
    tokens_in_spans,
)
from ui.screens.generate.reading.places import show_piece
from ui.screens.generate.reading.voting import show_votes
from ui.services.reading import contrast_of, overlap, reading_log
from ui.session import url
from ui.theme import palette
from ui.wording import count

ROW_PIXELS, AROUND_PIXELS = 30, 70
LENGTHS = ("8", "12", "16", "20", "30", "50", "100")


def show(chosen: ChosenModel) -> None:
    """The text, the answer, its pieces, and what is known of the one that is chosen."""
    if not can_be_asked(chosen, require_text):
        return
    text = choose_passage(chosen)
    with messages.errors_shown():
        offer_examples(chosen, contrast_of(chosen.run_id, chosen.step), text)
        if not text.strip():
            st.info(
                _("Paste a text, or let the model write one under Write: then it is looked up.")
            )
            return
        found = overlap(chosen.run_id, chosen.step, text)
    least = _choose_least()
    _answer(found, least)
    # As wide as the page: beside the text, large letters would leave its bars no room.
    _show_shares(found, least)
    placed = places(chosen.trained.tokenizer, text)
    at = url.read_place(url.SPOT, len(placed), default=_first(found, placed))
    _show_strip(found, placed, at, least)
    _save(chosen, found, least)
    left, right = st.columns(2, gap="large")
    with left:
        show_piece(chosen, found, placed[at])
    with right:
        show_votes(chosen, found, placed, at)


def _show_strip(found: Overlap, placed: list[Place], at: int, least: int) -> None:
    token_strip(
        [place.piece.text for place in placed],
        key="read-or-invented",
        label=_("The text; what stands word for word in the training text is underlined"),
        chosen=at,
        marks=tokens_in_spans(placed, [(span.start, span.end) for span in found.spans(least)]),
        on_choose=choose_token,
    )
    st.caption(
        _(
            "Underlined: pieces of {least} characters and more that stand in the training text. "
            "Click a place to see below where it stands, and when the model read it.",
            least=count(least),
        )
    )


def _show_shares(found: Overlap, least: int) -> None:
    """The text beside what chance alone would give."""
    if (chance := found.held_out.share(least)) is None:
        return
    bars = {
        _("this text"): 100 * found.share(least),
        _("by chance"): 100 * chance,
    }
    st.echarts_chart(
        bar_chart(
            list(bars), list(bars.values()), _("stands in the training text (%)"), palette(),
            digits=0, most=100.0,
        ),
        height=palette().pixels(AROUND_PIXELS + ROW_PIXELS * len(bars)),
        key="read-shares",
        alt=", ".join(f"{name} {numeral(share, '.0f')} %" for name, share in bars.items()),
    )  # fmt: skip


def _choose_least() -> int:
    return int(
        url.slide(
            _("Pieces of at least so many characters"), LENGTHS, name=url.LEAST,
            default=str(LEAST),
            help=_(
                "Short pieces, such as “and the ”, stand in any text by the same hand. The longer "
                "a piece, the less chance is an explanation."
            ),
        )
    )  # fmt: skip


def _answer(found: Overlap, least: int) -> None:
    with st.container(border=True):
        st.markdown(f"**{messages.escape(translated(found.answer(least)))}**")
        st.caption(messages.escape(_comparison(found, least)))


def _comparison(found: Overlap, least: int) -> str:
    held_out, training = found.held_out, found.training
    searched = _(
        "{characters} characters were searched; preparing that took {seconds} seconds, once for "
        "everybody.",
        characters=count(len(training.text)),
        seconds=numeral(training.seconds, ".1f"),
    )
    if not training.is_whole:
        searched = _(
            "Only the first {characters} characters of the training text were searched.",
            characters=count(len(training.text)),
        )
    if (ends := held_out.range(least)) is None:
        return searched
    low, high = ends
    compared = ngettext(
        "Compared with {count} piece of text that was kept from training, {characters} characters "
        "in all, of which {high:.0f} % does. {searched}",
        "Compared with {count} pieces of text that was kept from training, {characters} characters "
        "in all; single pieces have between {low:.0f} % and {high:.0f} %. {searched}",
        len(held_out.pieces),
        characters=count(held_out.characters),
        low=100 * low,
        high=100 * high,
        searched=searched,
    )
    return compared


def _first(found: Overlap, placed: list[Place]) -> int:
    """The token that is looked at where nobody chose: the last of the longest piece."""
    start = int(found.matches.argmax())
    end = start + max(1, int(found.matches[start]))
    return min(tokens_in_spans(placed, [(start, end)])[0][1], len(placed)) - 1


def _save(chosen: ChosenModel, found: Overlap, least: int) -> None:
    st.download_button(
        _("All pieces, places and steps (JSON)"), partial(to_file, chosen, found, least),
        file_name=f"{chosen.run_id}-step-{chosen.step}-overlap.json", mime="application/json",
        icon=":material/download:", on_click="ignore", type="tertiary",
    )  # fmt: skip


def to_file(chosen: ChosenModel, found: Overlap, least: int) -> bytes:
    """What `python -m minigpt overlap --json` says of the same text."""
    log = reading_log(chosen.run_id, chosen.step)
    of = {"run": chosen.run_id, "step": chosen.step, "text": found.text}
    return as_file(of | overlap_values(chosen.trained, found, log, least))
