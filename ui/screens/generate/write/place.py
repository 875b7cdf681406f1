"""One place of a text: the odds there, filter by filter, the die, and the way to fork."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from minigpt.sampling.filters import MODEL
from minigpt.sentences import N_
from ui.components.candidates import Die, Row, candidates
from ui.components.model_picker import ChosenModel
from ui.i18n import _, numeral
from ui.messages import escape
from ui.navigation import page_file
from ui.screens.generate.knobs import sampling_of
from ui.services.generation.odds import Odds, odds_after
from ui.services.models import longest_text
from ui.session import url
from ui.session.branches import MOST_FORKS, branches, forks, look_at, put_forks
from ui.session.texts import Branch, TextSettings, WrittenText, text_of
from ui.wording import count, glyph, number

MOST_ROWS = 200
STAGES = {
    MODEL: N_("model"),
    "repetition_penalty": N_("penalty {value:g}"),
    "temperature": N_("temperature {value:g}"),
    "top_k": N_("top-k {value:g}"),
    "top_p": N_("top-p {value:g}"),
    "min_p": N_("min-p {value:g}"),
}


def show_place(chosen: ChosenModel, text: WrittenText, there: Sequence[Branch]) -> None:
    """The odds at the place that is looked at."""
    place = url.read_place(url.PLACE, len(text.tokens), default=-1)
    if place < 0:
        st.caption(
            _(
                "Choose a token of the text: here you see what else could have come there, and how "
                "likely it was. Choose another one and the text goes on from it."
            )
        )
        return
    given = chosen.trained.prompt_ids(text.settings.prompt)
    before = [*given, *(token.id for token in text.tokens[:place])]
    sampling = sampling_of(text.settings)
    odds = odds_after(chosen.run_id, chosen.step, before, sampling)
    vocabulary, came = chosen.trained.tokenizer.vocabulary, text.tokens[place].id
    order = _shown(odds, came)
    names = [_(STAGES[stage.name], value=getattr(sampling, stage.name, 0)) for stage in odds.stages]
    die = _die(odds, vocabulary, text.tokens[place].uniform)
    _tell(text, place, vocabulary, die)
    candidates(
        [_row(odds, vocabulary, token, came) for token in order],
        key="written-candidates",
        label=_("What could have come"),
        stages=names,
        rest=_rest(odds, order),
        die=die,
        on_choose=lambda row: _fork(text, place, order[row], len(vocabulary)),
    )
    _explain()
    _show_why(chosen, before, came)


def _show_why(chosen: ChosenModel, before: Sequence[int], came: int) -> None:
    """The way to the page that takes this prediction apart, with as much text as fits there."""
    read = list(before)[-longest_text(chosen.trained) :]
    tokenizer = chosen.trained.tokenizer
    text = tokenizer.decode(read)
    if not read or tokenizer.encode(text) != read:
        return  # where tokens are pieces of words, a text may be cut into others from there
    if st.button(
        _("Why this token? Look inside"),
        key="why-this-token",
        type="tertiary",
        icon=":material/account_tree:",
    ):
        address = {
            url.RUN: chosen.run_id,
            url.STEP: str(chosen.step),
            url.TEXT: text,
            url.TOKEN: str(len(read)),
            url.NEXT: str(came),
            url.AGAINST: url.LIKELIEST,
            url.SECTION: "receipt",
            url.PART: "all",
        }
        st.switch_page(page_file("inside"), query_params=address)


def _shown(odds: Odds, came: int) -> list[int]:
    """Of all tokens those that get a row; what stands in the text is one of them."""
    order = odds.order[:MOST_ROWS]
    return order if came in order else [*order[:-1], came]


def _row(odds: Odds, vocabulary: Sequence[str], token: int, came: int) -> Row:
    shares = [float(stage.probabilities[token]) for stage in odds.stages]
    return Row(token=vocabulary[token], odds=shares, came=token == came)


def _rest(odds: Odds, shown: Sequence[int]) -> tuple[str, list[float]] | None:
    left = len(odds.stages[0].probabilities) - len(shown)
    if not left:
        return None
    shares = [
        max(0.0, 1 - float(stage.probabilities[list(shown)].double().sum()))
        for stage in odds.stages
    ]
    return _("{count} others", count=count(left)), shares


def _die(odds: Odds, vocabulary: Sequence[str], uniform: float) -> Die:
    line = odds.line
    possible = np.flatnonzero(np.diff(line, prepend=0.0) > 0)
    falls_on = int(np.searchsorted(line[possible], uniform, side="right"))
    return Die(
        number=uniform,
        tokens=[vocabulary[token] for token in possible.tolist()],
        ends=line[possible],
        falls_on=min(falls_on, len(possible) - 1),
    )


def _tell(text: WrittenText, place: int, vocabulary: Sequence[str], die: Die) -> None:
    token = text.tokens[place]
    st.markdown(
        _(
            "**Token {place} of {length}: “{token}”**",
            place=count(place + 1), length=count(len(text.tokens)),
            token=escape(glyph(vocabulary[token.id])),
        )
    )  # fmt: skip
    values = {
        "model": number(100 * token.model_probability),
        "drawn": number(100 * token.probability),
        "number": numeral(token.uniform, ".4f"),
        "other": escape(glyph(die.tokens[die.falls_on])),
    }
    if place in dict(text.branch.picks):
        words = N_(
            "Picked by hand: {model} % by the model, {drawn} % after the filters. The number "
            "{number} would have drawn “{other}”."
        )
    else:
        words = N_(
            "{model} % by the model, {drawn} % after the filters. The number {number} fell on "
            "its stretch of the line."
        )
    st.caption(_(words, **values))


def _explain() -> None:
    st.caption(
        _(
            "Each column is one filter, in the order in which they are applied; drawn is from the "
            "last. The line is that column laid end to end, in the order of the vocabulary: point "
            "at it to see which token another number would have drawn. Choose a token in the "
            "table and a branch goes on from it, with the same numbers for all that follows."
        )
    )


def _fork(text: WrittenText, place: int, token: int, vocabulary_size: int) -> None:
    """Go to the branch that has this token there, and make it if it is new."""
    if token == text.tokens[place].id:
        return
    fork, made = text.branch.forked(place, token), forks()
    without = Branch(fork.sample, fork.picks[:-1])
    if _drew(text.settings, without, place) == token:
        fork = without  # no other branch is needed for what was drawn anyway
    elif fork not in made:
        if len(made) >= MOST_FORKS:
            words = _("{most} branches are kept; remove one first.", most=count(MOST_FORKS))
            st.toast(words, icon=":material/info:")
            return
        put_forks([*made, fork])
    look_at(fork, branches(text.settings, vocabulary_size), place)


def _drew(settings: TextSettings, branch: Branch, place: int) -> int | None:
    above = text_of(settings, branch)
    return above.tokens[place].id if above and place < len(above.tokens) else None
