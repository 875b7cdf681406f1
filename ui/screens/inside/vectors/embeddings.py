"""Where the tokens lie: their vectors on a map, over the kept steps; and who is near whom."""

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.introspection.vectors.tables import token_vectors
from minigpt.models import rung_of
from ui import messages
from ui.charts.vectors.token_map import Placed, order_of, token_map_chart
from ui.components.glossary import meaning_of
from ui.i18n import _, ngettext
from ui.messages import escape
from ui.screens.inside.question import Question
from ui.screens.inside.vectors.layout import Map, map_of
from ui.screens.inside.vectors.neighbours import choose_token, label_of, show_neighbours
from ui.screens.inside.vectors.take_home import show_downloads
from ui.screens.inside.vectors.vowels import show_vowels
from ui.services.inside.vectors import Table, has_output_vectors, neighbours_of
from ui.session import url
from ui.theme import palette
from ui.wording import count, number

CHART_HEIGHT = 460
CLICKS = "embeddings-clicks"
"""Key of the session: how often a token of the map was chosen."""
LINES = 5
"""To how many neighbours lines are drawn."""


def show_embeddings(question: Question) -> None:
    """The map with its film, the neighbours of a token, the vowels, files to take home."""
    st.subheader(_("Where the tokens lie"), anchor=False)
    try:
        table = _choose_table(question)
        token, measure = choose_token(question)
        beside = neighbours_of(question.chosen.run_id, question.chosen.step, table, token, measure)
        left, right = st.columns([3, 2], gap="large")
        with left:
            found = map_of(question, table, token)
            _show_map(question, found, token, beside.neighbours.ids[:LINES])
        with right:
            show_neighbours(question, token, measure, beside)
        show_vowels(question, list(found.places), table)
        show_downloads(question, found, table, beside)
    except MiniGPTError as error:
        messages.show_error(error)


def _choose_table(question: Question) -> Table:
    model = question.chosen.trained.model
    st.caption(_table_in_words(question), help=meaning_of("embedding", "token", "parameter"))
    if not has_output_vectors(question.chosen.run_id, question.chosen.step):
        return "read"
    names = {"read": _("as they are read"), "written": _("as they are written")}
    chosen = url.pick(
        _("Vectors of the tokens"), list(names), name=url.TABLE, default="read",
        show=lambda one: names[one],
        help=_(
            "This model has two tables. A token that is read becomes its vector of the first. "
            "The logit of a token that may be written is the dot product of its vector of the "
            "second with the stream, after {layers} layers.",
            layers=len(list(model.attention_blocks())),
        ),
    )  # fmt: skip
    return "written" if chosen == "written" else "read"


def _table_in_words(question: Question) -> str:
    config, vocabulary = question.chosen.trained.model.config, len(question.logits)
    if rung_of(config) == "bigram":
        return _(
            "This model keeps a row of {count} scores for each token: how likely each one is to "
            "come next. Two tokens are alike where much the same comes after them.",
            count=count(vocabulary),
        )
    words = _(
        "Each of the {count} tokens of the vocabulary is read as a vector of {width} numbers. At "
        "first they are drawn at random; training moves them.",
        count=count(vocabulary), width=_width(question),
    )  # fmt: skip
    if not getattr(config, "tied_embeddings", False):
        return words
    also = _(
        "The same vectors write: the logit of a token is the dot product of its vector with what "
        "the last layer hands on."
    )
    return f"{words} {also}"


def _show_map(question: Question, found: Map, token: int, near_to: tuple[int, ...]) -> None:
    step, places = question.chosen.step, {one: at for at, one in enumerate(found.ids)}
    placed = found.placed(question, step)
    chart = token_map_chart(
        placed, found.frame, found.places[step].shares, palette(), chosen=places.get(token),
        near=[places[one] for one in near_to if one in places],
    )  # fmt: skip
    # A chart of its own for each click: a second click on a token would take the first one back.
    key = f"embeddings-map-{st.session_state.get(CLICKS, 0)}"
    st.echarts_chart(
        chart, height=palette().pixels(CHART_HEIGHT), key=key,
        on_select=lambda: _choose(key, found, placed),
        alt=_alt(question, placed, token),
    )  # fmt: skip
    steps = list(map(str, found.places))
    if len(steps) > 1:
        url.slide(
            _("Step of its training"), steps, name=url.STEP, default=str(step),
            show=lambda one: count(int(one)), again=True,
        )  # fmt: skip
    st.caption(_axes_in_words(question, found))
    if words := _drawn_in_words(found):
        st.caption(words)


def _alt(question: Question, placed: list[Placed], token: int) -> str:
    ordered = " ".join(one.label for one in sorted(placed, key=lambda one: one.x))
    return _(
        "Map of {count} tokens at step {step}, with a ring around {token}. From left to right: "
        "{ordered}",
        count=len(placed), step=count(question.chosen.step), token=label_of(question, token),
        ordered=ordered,
    )  # fmt: skip


def _choose(key: str, found: Map, placed: list[Placed]) -> None:
    selected = st.session_state[key].selection.selected
    if not selected:
        return
    series, place = selected[0].get("series_index"), selected[0]["data_indices"][0]
    order = order_of(placed)
    # The first series is the lines to the neighbours.
    if isinstance(series, int) and 1 <= series <= len(order) and place < len(order[series - 1]):
        st.session_state[CLICKS] = st.session_state.get(CLICKS, 0) + 1
        url.write_choices(**{url.OF: found.ids[order[series - 1][place]]})


def _axes_in_words(question: Question, found: Map) -> str:
    step, width = question.chosen.step, _width(question)
    share = sum(found.places[step].shares)
    values = {
        "share": number(100 * share), "width": width, "chance": number(100 * min(1.0, 2 / width)),
    }  # fmt: skip
    words = _(
        "A map has two directions, these vectors have {width}. Shown are the two along which the "
        "tokens differ most (principal component analysis): {share} % of their variance; two "
        "directions chosen blindly would show {chance} %. So tokens that are close here may be "
        "far apart: the lines lead to the real neighbours.",
        **values,
    )
    if len(found.places) < 2:
        return words
    still = _(
        "The axes are those of step {last}, and stay: from step to step only the tokens move.",
        last=count(max(found.places)),
    )
    return f"{words} {still}"


def _width(question: Question) -> int:
    return int(token_vectors(question.chosen.trained.model).shape[1])


def _drawn_in_words(found: Map) -> str:
    many, beside = len(found.drawn.ids), len(found.ids) - len(found.drawn.ids)
    parts = []
    if found.drawn.how == "frequent":
        parts.append(
            _("Drawn are the {count} tokens that the training text has most of.", count=many)
        )
    if found.drawn.how == "first":
        parts.append(_("Drawn are the first {count} tokens of the vocabulary.", count=many))
    if beside and found.drawn.how == "letters":
        parts.append(_("The token whose neighbours are shown stands beside the letters."))
    elif beside:
        parts.append(
            ngettext(
                "Beside them stands {count} token that you look at.",
                "Beside them stand {count} tokens that you look at.",
                beside,
            )
        )
    if len(found.places) < found.kept:
        parts.append(
            _(
                "The film shows {shown} of the {kept} kept steps.",
                shown=len(found.places), kept=found.kept,
            )
        )  # fmt: skip
    return escape(" ".join(parts))
