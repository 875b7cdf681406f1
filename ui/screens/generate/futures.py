"""The tree of futures: what may come next, opened as far as somebody wants to know."""

from collections.abc import Sequence

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.sampling.decoder import require_prompt
from ui import messages
from ui.components.futures_tree import Line, futures_tree
from ui.components.model_picker import ChosenModel
from ui.i18n import _, numeral
from ui.screens.generate.knobs import choose_prompt
from ui.screens.generate.write.take_home import as_json
from ui.services.generation.futures import MASS, Future, Path, futures, likeliest_ways
from ui.session import url
from ui.wording import count

MOST_OPENED, LONGEST_WAY, LONGEST_NUMBER = 40, 40, 9
OPENED_AT_FIRST = 2
"""Levels, so that whoever comes sees what a tree of futures is."""
CLOSED = "-"
"""What the address says of a tree of which all is closed."""


def show(chosen: ChosenModel) -> None:
    """The prompt and the tree below it."""
    prompt = choose_prompt(chosen)
    try:
        known = chosen.trained.tokenizer.known_form(prompt)
        ids = chosen.trained.prompt_ids(known)
        require_prompt(ids)
        # Alone, so that opening a line does not have the whole page drawn anew.
        st.fragment(_show_tree)(chosen, known, ids)
    except MiniGPTError as error:
        messages.show_error(error)


def _show_tree(chosen: ChosenModel, prompt: str, ids: list[int]) -> None:
    with messages.errors_shown():
        if url.in_url(url.OPENED) is None:
            opened = likeliest_ways(chosen.run_id, chosen.step, ids, OPENED_AT_FIRST)
        else:
            opened = opened_in_url(chosen.trained.model.vocabulary_size)
        found = futures(chosen.run_id, chosen.step, ids, opened)
    futures_tree(
        [_line(chosen, one) for one in found],
        key="futures",
        label=_("What may come next"),
        on_choose=lambda index: _turn(found[index], opened),
    )
    st.caption(
        _(
            "What the model itself says, before temperature and filters, exactly. The first "
            "number of a line is the probability of its token after all that stands above it, the "
            "second one that of the whole way there. Shown are the likeliest tokens that together "
            "reach {mass} %, at most a dozen; all others are one line. Click a token to see what "
            "may come after it.",
            mass=numeral(100 * MASS, ".0f"),
        )
    )
    st.download_button(
        _("The lines of this tree (JSON)"), lambda: as_json(values_of(chosen, prompt, found)),
        file_name=f"{chosen.run_id}-step-{chosen.step}-futures.json", mime="application/json",
        on_click="ignore", type="tertiary", icon=":material/download:",
    )  # fmt: skip


def values_of(chosen: ChosenModel, prompt: str, found: Sequence[Future]) -> dict[str, object]:
    """The lines as they stand, with what it takes to compute them once more."""
    vocabulary = chosen.trained.tokenizer.vocabulary
    lines = [
        {
            "ids": list(one.path),
            "tokens": [vocabulary[id] for id in one.path],
            "others": one.others,
            "probability": one.probability,
            "probability_of_the_whole_way": one.of_path,
        }
        for one in found
    ]
    of = {"run": chosen.run_id, "step": chosen.step, "prompt": prompt}
    return {**of, "shown_mass": MASS, "lines": lines}


def _line(chosen: ChosenModel, one: Future) -> Line:
    if one.others:
        text = _("{others} others", others=count(one.others))
        return Line(
            text=text, depth=len(one.path), probability=one.probability, of_path=one.of_path,
            is_rest=True,
        )  # fmt: skip
    return Line(
        text=chosen.trained.tokenizer.vocabulary[one.path[-1]], depth=len(one.path) - 1,
        probability=one.probability, of_path=one.of_path, is_open=one.is_open,
    )  # fmt: skip


def opened_in_url(vocabulary_size: int) -> list[Path]:
    """The ways that the address names: ids with points between them, and `_` between ways."""
    named = (url.in_url(url.OPENED) or "").split("_")[:MOST_OPENED]
    found = [path for one in named if (path := _read(one))]
    return [path for path in found if max(path) < vocabulary_size]


def _read(words: str) -> Path:
    parts = words.split(".")
    sound = all(one.isascii() and one.isdigit() and len(one) <= LONGEST_NUMBER for one in parts)
    return tuple(map(int, parts)) if sound and len(parts) <= LONGEST_WAY else ()


def _turn(one: Future, opened: list[Path]) -> None:
    """Open a line; or close it, with all below it."""
    if one.is_open:
        size = len(one.path)
        left = [path for path in opened if path[:size] != one.path]
    else:
        left = [*opened[-MOST_OPENED + 1 :], one.path]
    said = "_".join(".".join(map(str, path)) for path in left)
    url.write_choices(**{url.OPENED: said or CLOSED})
