"""What the tables are asked: a head, tokens, and where these stand; all of it in the address."""

from dataclasses import dataclass

import streamlit as st

from minigpt.errors import MiniGPTError
from ui.i18n import _
from ui.screens.inside.question import Question, known_token
from ui.services.inside.tables import (
    Places,
    ShownTokens,
    kind_of_positions,
    reason_for_no_sum,
    shown_tokens,
)
from ui.session import url

MOST_STOPS = 128
"""Of a slider: how far apart two tokens can be, and how far into a text."""


@dataclass(frozen=True, kw_only=True)
class TableView:
    """Which head is shown, and which of its rows."""

    question: Question
    shown: ShownTokens
    first_token: int
    """The token that looks, and after which another follows: its id."""
    next_token: int
    """The token that follows."""
    no_sum: MiniGPTError | None
    """Why nothing can be said of what adds to a logit; None where it can."""

    @property
    def labels(self) -> list[str]:
        """The shown tokens as people read them."""
        return [self.question.label(one) for one in self.shown.ids]

    def place_of(self, token: int) -> int:
        """Its row, and its column."""
        return self.shown.ids.index(token)


def view_from_address(question: Question) -> TableView:
    """The token at the chosen place looks, unless the address says otherwise."""
    size = question.chosen.trained.tokenizer.vocabulary_size
    here = question.chosen.trained.tokenizer.encode(question.text)[question.position]
    asking = known_token(url.remembered_choice(url.ASKING), size)
    found = known_token(url.remembered_choice(url.FOUND), size)
    looks = here if asking is None else asking
    wanted = (looks, question.token, *(() if found is None else (found,)))
    return TableView(
        question=question, shown=shown_tokens(question.model_on_text, wanted), first_token=looks,
        next_token=question.token, no_sum=reason_for_no_sum(question.model_on_text),
    )  # fmt: skip


def say_shown(view: TableView) -> None:
    """Where not all tokens are shown: how many, and which."""
    shown = view.shown
    if shown.is_whole:
        return
    numbers = {"all": len(view.question.logits), "count": len(shown.ids)}
    st.caption(
        _(
            "This model knows {all:,} tokens; shown are {count} frequent ones of its training "
            "text.",
            **numbers,
        )
        if shown.of_training
        else _(
            "This model knows {all:,} tokens; shown are those of the text above, {count} of them.",
            **numbers,
        )
    )


def choose_token_pair(view: TableView) -> None:
    """Two boxes: after which token, and which one follows."""
    left, right = st.columns(2)
    with left:
        _choose_token(
            view, _("After"), url.ASKING, view.first_token,
            help=_("The token that looks; at first the one that is chosen in the text above."),
        )  # fmt: skip
    with right:
        _choose_token(
            view,
            _("comes"),
            url.NEXT,
            view.next_token,
            help=_("The token whose logit is asked about."),
        )


def _choose_token(view: TableView, label: str, name: str, default: int, *, help: str) -> int:
    options = [str(one) for one in view.shown.ids]
    chosen = url.select(
        label, options, name=name, default=str(default),
        show=lambda one: view.question.label(int(one)), help=help,
    )  # fmt: skip
    return int(chosen)


def choose_found(view: TableView, default: int) -> int:
    """A box: which token the head has found; the one that it looks for most at first."""
    return _choose_token(
        view, _("Finds"), url.FOUND, default,
        help=_("The token that the head looks at, whose row of the second table is told in words."),
    )  # fmt: skip


def choose_head(view: TableView) -> tuple[int, int]:
    """Two rows of buttons, which the page of attention follows too."""
    layers = view.question.trace.layers
    left, right = st.columns(2)
    with left:
        layer = choose_layer(view)
    with right:
        head = _choose_place(_("Head"), url.HEAD, layers[layer].scores.shape[1])
    return layer, head


def choose_layer(view: TableView) -> int:
    """Which layer, counted from 0."""
    return _choose_place(_("Layer"), url.LAYER, len(view.question.trace.layers))


def _choose_place(label: str, name: str, size: int) -> int:
    options = [str(one + 1) for one in range(size)]
    return int(url.select(label, options, name=name, default="1")) - 1


def choose_places(view: TableView) -> Places | None:
    """How far apart two tokens stand, and where; None where the model reads one token at a time."""
    kind = kind_of_positions(view.question.model_on_text)
    longest = min(view.question.chosen.trained.model.context_length, MOST_STOPS)
    if longest < 2:
        return None
    if kind == "none":
        st.caption(_("This model is not told where tokens stand: the tables hold for any places."))
        return Places(looking=1, looked_at=0)
    distances = [str(one) for one in range(1, longest)]
    distance = int(
        url.slide(
            _("How far back it looks, in tokens"), distances, name=url.DISTANCE, default="1",
            help=_("Positions count in what a head looks for, so the table is another one for "
                   "each distance. At 1 it is the token before."),
        )
    )  # fmt: skip
    if kind == "rotary":
        return Places(looking=distance, looked_at=0)
    return _added_places(distance, longest)


def _added_places(distance: int, longest: int) -> Places:
    stands = [str(one) for one in range(distance + 1, longest + 1)]
    default = str(max(distance + 1, longest // 2))
    place = default
    if len(stands) > 1:
        place = url.slide(
            _("Where the token that looks stands"), stands, name=url.STANDS, default=default,
            help=_("This model adds a vector for each position to the token's, so the tables hold "
                   "for one pair of places."),
        )  # fmt: skip
    return Places(looking=int(place) - 1, looked_at=int(place) - 1 - distance)
