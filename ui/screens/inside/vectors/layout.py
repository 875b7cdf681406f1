"""The map of tokens: which are on it, and where each lies at each step."""

from dataclasses import dataclass

import streamlit as st

from ui.charts.vectors.token_map import Frame, Kind, Placed
from ui.i18n import _
from ui.screens.inside.question import Question
from ui.screens.inside.vectors.neighbours import label_of
from ui.services import runs
from ui.services.inside.vectors import (
    DrawnTokens,
    Places,
    Table,
    drawn_tokens,
    film_steps,
    places_over_steps,
    small_letters,
)
from ui.session import url

VOWELS, SMALL = "aeiou", "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class Map:
    """What is drawn: tokens, and where they lie at each step."""

    drawn: DrawnTokens
    ids: tuple[int, ...]
    """Of `drawn`, and of a few more that this visitor looks at."""
    places: dict[int, Places]
    kept: int
    """How many steps are kept; a film may show fewer."""

    def placed(self, question: Question, step: int) -> list[Placed]:
        """The tokens at one step."""
        chosen = question.chosen
        vocabulary = chosen.trained.tokenizer.vocabulary
        # "a" and "i" among words are words.
        has_letters = small_letters(chosen.run_id, chosen.step) is not None
        return [
            Placed(label=label_of(question, token), x=float(x), y=float(y),
                   kind=kind_of(vocabulary[token]) if has_letters else "other")
            for token, (x, y) in zip(self.ids, self.places[step].at, strict=True)
        ]  # fmt: skip

    @property
    def frame(self) -> Frame:
        """The same at every step."""
        return Frame.around([one.at for one in self.places.values()])


def kind_of(token: str) -> Kind:
    """In which colour a token is drawn."""
    if len(token) != 1 or token not in SMALL:
        return "other"
    return "vowel" if token in VOWELS else "letter"


def map_of(question: Question, table: Table, token: int) -> Map:
    """The map at all steps of the film.

    Raises:
        MiniGPTError: weights are missing or damaged.
    """
    chosen = question.chosen
    checkpoints = runs.snapshot(chosen.run_id).checkpoints
    drawn = _choose_drawn(question)
    inside = set(drawn.ids)
    text = chosen.trained.tokenizer.encode(question.text)
    # What stands beside letters would hide them: that is what the whole vocabulary is for.
    looked_at = [token] if drawn.how == "letters" else [token, *text]
    beside = tuple(dict.fromkeys(one for one in looked_at if one not in inside))
    steps = film_steps(checkpoints, chosen.step)
    with st.spinner(_("Laying out the map …"), show_time=True):
        places = places_over_steps(chosen.run_id, steps, table, drawn, beside)
    shown = len(places[chosen.step].at)
    return Map(drawn=drawn, ids=(*drawn.ids, *beside)[:shown], places=places, kept=len(checkpoints))


def _choose_drawn(question: Question) -> DrawnTokens:
    chosen = question.chosen
    letters = small_letters(chosen.run_id, chosen.step)
    if letters is None:
        return drawn_tokens(chosen.run_id, chosen.step)
    names = {"letters": _("small letters"), "all": _("all tokens")}
    wanted = url.pick(
        _("On the map"), list(names), name=url.DRAWN, default="letters",
        show=lambda one: names[one], label_visibility="collapsed",
    )  # fmt: skip
    return letters if wanted == "letters" else drawn_tokens(chosen.run_id, chosen.step)
