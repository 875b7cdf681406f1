"""What lives in the URL: the names of its parts, and widgets that read and write them.

The address is the truth. A widget shows what the address says and writes back what is chosen,
so reload, back, forward and a sent link all show the same view. Nothing is written that nobody
chose: each change of the address is one more step for the browser's Back.
"""

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import streamlit as st
from streamlit.errors import StreamlitAPIException

from ui import pickers
from ui.session.unheard import catch_up, draw_anew, note_change

Value = TypeVar("Value")

RUN, STEP, LAYER, HEAD, TEXT, PROMPT, CORPUS, PRESET = (
    "run", "step", "layer", "head", "text", "prompt", "corpus", "preset",
)  # fmt: skip
TOKEN, LOOKED_AT, STAGE, FLOW, UP_TO, OFF, BARS, SCORES = (
    "token", "looked", "stage", "flow", "upto", "off", "bars", "scores",
)  # fmt: skip
"""What is looked at on the page of attention: which cell, which stage, in which colours; heads
that are switched off; what is drawn of every head."""
PICTURE, TIMES = "picture", "times"
"""How the weights of a head are drawn, and by how much its scale is turned up or down."""
SORTED, SILENT = "sorted", "silent"
"""By what heads are sorted, and what a silent one brings instead."""
OTHER, STATE, ROWS = "other", "state", "rows"
"""The second of two texts, which state or head of the first is pasted into it, and which of both
the rows of that map are."""
WITH, WITH_STEP, PAIRED = "with", "with-step", "paired"
"""The model that another one is compared with, and which of their heads stand side by side."""
PASSAGE, LEAST, SPOT, BESIDE, UNREAD = "passage", "least", "spot", "beside", "unread"
"""A text that is asked about, pieces of which length count, which token of it, whom beside, and
what a twin shall never read."""
SECTION, NEXT, AGAINST, PART = "section", "next", "against", "part"
"""What is looked at on the page of the inside: of which two next tokens, and which part of the
model."""
LIKELIEST = "likeliest"
"""Where the address says of a next token that the likeliest is meant, whatever was chosen
before."""
DISTANCE, STANDS, ASKING, FOUND = "distance", "stands", "asking", "found"
NEURON, RANKED = "neuron", "ranked-by"
"""Of tables over tokens there: how far apart two tokens are and where the later one is, which token
looks, and which one is found. Which neuron, and by what they are ranked."""
SENTENCE, RULE, RATE, TAUGHT = "sentence", "rule", "rate", "taught"
"""What a copy of the model is taught there: by which rule, how fast, how many steps."""
OF, MEASURE, TABLE, DRAWN = "of", "measure", "table", "drawn"
"""There, of which token the neighbours are shown, alike by which measure, by which vectors; and
which tokens are drawn."""
MODE, WRITTEN, FORKS, BRANCH, PLACE, COLOUR = (
    "mode", "written", "forks", "branch", "place", "colour",
)  # fmt: skip
"""What the page of generation is about: which texts, which branch of them, which of its tokens."""
ALONG, WITHIN, OPENED, BEAMS, LENGTH, NORMALISED = (
    "along", "within", "opened", "beams", "length", "normalised",
)  # fmt: skip
"""There, what differs from text to text; among how many choices a known token must be; which
futures are open; and how wide, how far and how ranked the likeliest texts are searched for."""
AXIS, SMOOTHING, SCALE = "axis", "smooth", "scale"
"""How the charts of a run are drawn."""
SIZE = "size"
"""How large all pages are drawn."""
FROM, AT, KIND, LIKE = "from", "at", "kind", "like"
"""What a new run begins with: a run, its step and "fork" or "fine_tune"; or only its settings."""
TEACHER, START_IDEMPOTENCY_KEY = "teacher-token", "start-nonce"
"""Keys of the session, never in the address: a secret, and what tells one start from the next."""
NAME = "name"
"""What a new run shall be called."""
SEARCH, CHOSEN, LOSSES, VIEW, CORPUS_RANKED, BUDGET = (
    "q", "runs", "losses", "view", "ranked", "budget",
)  # fmt: skip
"""Which runs are listed and compared, and how."""
GROWN = "grown"
"""Whether it is looked at which heads the compared runs grew."""
LESSON, PART = "lesson", "part"
"""Which lesson is open, and at which of its steps."""
REFUSED = "refused-in-url"
"""Key of the session: what the address asked for in vain while this page is drawn."""
OF_A_TEXT = frozenset({TOKEN, LOOKED_AT})
"""Places that are gone as soon as somebody shortens the text, which is nothing to speak of."""


def in_url(name: str) -> str | None:
    """What the address says, or None."""
    return st.query_params.get(name)


def put_in_url(name: str, value: object) -> None:
    """Make the address say it."""
    catch_up()
    if st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)
        note_change()


def drop_from_url(name: str) -> None:
    """Make the address say nothing about it."""
    catch_up()
    if name in st.query_params:
        del st.query_params[name]
        note_change()


def remembered_choice(name: str) -> str | None:
    """What the address says, or what this visitor last chose on another page."""
    return in_url(name) or st.session_state.get(f"last-{name}")


def remember(name: str, value: str) -> None:
    """Let other pages show what was chosen on one that keeps its own address."""
    st.session_state[f"last-{name}"] = value


def select(
    label: str,
    options: Sequence[str],
    *,
    name: str,
    default: str,
    show: Callable[[str], str] = str,
    help: str | None = None,
) -> str:
    """A select box whose choice is the address's `name`."""
    key = _follow_url(name, options, default)
    return pickers.select_box(
        label, options, key=key, show=show, help=help, on_change=_write_back, args=(name, key)
    )


def slide(
    label: str,
    options: Sequence[str],
    *,
    name: str,
    default: str,
    show: Callable[[str], str] = str,
    help: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
    instead: str | None = None,
    again: bool = False,
) -> str:
    """A slider over labelled stops whose choice is the address's `name`.

    Where it moves by itself it shows `instead`; what people choose is written all the same. One
    that is on the page already stands there `again`, and both always say the same.
    """
    key = _follow_url(name, options, default, again=again)
    if instead is not None:
        st.session_state[key] = instead
    return pickers.slider(
        label, options, key=key, show=show, help=help, label_visibility=label_visibility,
        on_change=_write_back_for_all if again else _write_back, args=(name, key),
    )  # fmt: skip


def chosen_among(options: Sequence[str], *, name: str, default: str) -> str:
    """What the address's `name` chooses, for whoever draws the choice otherwise."""
    key = _follow_url(name, options, default)
    chosen: str = st.session_state[key]
    return chosen


def pick(
    label: str,
    options: Sequence[str],
    *,
    name: str,
    default: str,
    show: Callable[[str], str] = str,
    help: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> str:
    """A row of buttons, one of them pressed, whose choice is the address's `name`."""
    key = _follow_url(name, options, default)
    chosen = pickers.button_row(
        label, options, key=key, show=show, help=help, label_visibility=label_visibility,
        on_change=_write_back, args=(name, key),
    )  # fmt: skip
    return chosen or default


def switch(label: str, *, name: str, on: str, help: str | None = None) -> bool:
    """A switch that is on where the address's `name` says `on`, and stays so on other pages."""
    key = f"url-{name}"
    is_on = remembered_choice(name) == on
    st.session_state[key] = is_on
    if is_on:
        remember(name, on)
    return st.toggle(label, key=key, help=help, on_change=_turn, args=(name, key, on))


def _turn(name: str, key: str, on: str) -> None:
    if st.session_state[key]:
        _write(name, on)
    else:
        st.session_state.pop(f"last-{name}", None)
        drop_from_url(name)


def write_lines(
    label: str,
    *,
    name: str,
    default: str,
    longest: int,
    help: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
) -> str:
    """A box of text that is the address's `name`; a lower one where its label is only heard."""
    key = _text_from_url(name, default, longest)
    return st.text_area(
        label, key=key, max_chars=longest, help=help, placeholder=label,
        height=90 if label_visibility == "visible" else 68, label_visibility=label_visibility,
        on_change=_write_back, args=(name, key),
    )  # fmt: skip


def search(label: str, *, name: str, longest: int, help: str | None = None) -> str:
    """A search box, searching while one types, that is the address's `name`."""
    key = _text_from_url(name, "", longest)
    return st.text_input(
        label, key=key, max_chars=longest, help=help, placeholder=label, type="search", live=True,
        icon=":material/search:", label_visibility="collapsed",
        on_change=_write_back, args=(name, key),
    )  # fmt: skip


def write_choices(*without: str, **values: object) -> None:
    """Write what was chosen otherwise than by a widget of this module, as these would.

    Args:
        without: Of what nothing is chosen any more, neither here nor from another page.
        values: What is chosen, by name.
    """
    _forget_memory(*without)
    for name, value in values.items():
        st.session_state[f"last-{name}"] = str(value)
    catch_up()
    chosen = {**_from_memory(), **{name: str(value) for name, value in values.items()}}
    gone = [name for name in without if name in st.query_params and name not in chosen]
    others = {name: said for name, said in st.query_params.items() if name not in gone}
    try:
        if gone:
            # All in one go: each change of the address is one more step for the browser's Back.
            st.query_params.from_dict({**others, **chosen})
            note_change()
            return
    except StreamlitAPIException:  # a page whose knobs are bound to the address, as Generate
        for name in gone:
            drop_from_url(name)
    st.query_params.update(chosen)
    note_change()


def forget_choices(*names: str) -> None:
    """Let nothing be chosen, neither in the address nor from another page."""
    _forget_memory(*names)
    for name in names:
        drop_from_url(name)


def _forget_memory(*names: str) -> None:
    for name in names:
        st.session_state.pop(f"last-{name}", None)
        # Or the next that is chosen would bring it back into the address.
        _from_memory().pop(name, None)


def read_place(name: str, size: int, *, default: int) -> int:
    """A place that the address counts from 1, counted from 0; `default` where it names none."""
    asked = in_url(name) or ""
    # Digits alone: int() would take "1_0" and " 1", too.
    found = int(asked) - 1 if asked.isascii() and asked.isdigit() and len(asked) < 9 else -1
    if 0 <= found < size:
        return found
    if found < size or name not in OF_A_TEXT:
        refuse(name)
    return default


def note_refused() -> dict[str, str]:
    """What the address asks for from here on that is not to be had, by name, as it is found."""
    noted: dict[str, str] = {}
    st.session_state[REFUSED] = noted
    return noted


def refuse(name: str) -> None:
    """Note that what the address asks for is not to be had, if it asks for anything."""
    if (asked := in_url(name)) is not None:
        st.session_state.setdefault(REFUSED, {})[name] = asked


def _text_from_url(name: str, default: str, longest: int) -> str:
    key = f"url-{name}"
    current = in_url(name)
    st.session_state[key] = (default if current is None else current)[:longest]
    if current is not None and len(current) > longest:
        refuse(name)
    return key


def _follow_url(name: str, options: Sequence[str], default: str, *, again: bool = False) -> str:
    key = f"url-{name}-again" if again else f"url-{name}"
    current = remembered_choice(name)
    chosen = current if current in options else default
    if in_url(name) not in (None, chosen):
        refuse(name)
    st.session_state[key] = chosen
    from_memory = _from_memory()
    from_memory.pop(name, None)
    if in_url(name) == chosen:
        st.session_state[f"last-{name}"] = chosen
    elif current is not None and current == chosen:
        from_memory[name] = current
    return key


def _write_back(name: str, key: str) -> None:
    _write(name, st.session_state[key])


def _write_back_for_all(name: str, key: str) -> None:
    _write_back(name, key)
    draw_anew()  # the whole page: the other one may stand outside the part that is drawn alone


def _write(name: str, value: object) -> None:
    st.session_state[f"last-{name}"] = value
    catch_up()
    # All at once, and with what this page shows because it was chosen on another: now that the
    # address says something, a sent link has to show the same.
    st.query_params.update({**_from_memory(), name: str(value)})
    note_change()


def _from_memory() -> dict[str, str]:
    """What this page shows although its address does not say it."""
    kept: dict[str, str] = st.session_state.setdefault(f"from-memory-{st.context.url}", {})
    return kept
