"""Beam search: the likeliest whole texts that were found, and how they are ranked."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.sampling.beams import Beam
from ui import messages
from ui.components.glossary import meaning_of
from ui.components.model_picker import ChosenModel
from ui.components.plain_text import plain_text
from ui.components.tables import column_format, in_language
from ui.i18n import _, numeral
from ui.screens.generate.asking import ask_whether_copied
from ui.screens.generate.knobs import choose_prompt, choose_stop
from ui.screens.generate.write.take_home import as_json, copy_button
from ui.services.generation.kept_steps import found_by_beams
from ui.session import url
from ui.session.branches import WRITE
from ui.wording import count, glyph

FoundTexts = Sequence[tuple[str, Beam]]
"""Beams with what they say, the best one first."""
WIDTHS, LENGTHS, POWERS = ("1", "2", "4", "8", "16"), ("20", "40", "80"), ("0", "0.5", "1")


@dataclass(frozen=True, kw_only=True)
class Search:
    """How wide is searched, how far, how texts are ranked, and where they end."""

    beams: int
    tokens: int
    stop: tuple[str, ...]
    length_normalisation: float


def show(chosen: ChosenModel) -> None:
    """The prompt, how wide is searched, and the texts that were found."""
    prompt = choose_prompt(chosen)
    search = _knobs()
    try:
        known = chosen.trained.tokenizer.known_form(prompt)
        found = found_by_beams(chosen.run_id, chosen.step, known, **asdict(search))
        _show_found(chosen, found, known, search)
    except MiniGPTError as error:
        messages.show_error(error)


def _knobs() -> Search:
    columns = st.columns(4)
    with columns[0]:
        width = url.pick(
            _("Beams"), WIDTHS, name=url.BEAMS, default="4",
            help=_(
                "How many texts are kept at each step. With one, the likeliest token is always "
                "taken; with more, a token that looks worse now may win in the end."
            ),
        )  # fmt: skip
    with columns[1]:
        length = url.pick(_("Length in tokens"), LENGTHS, name=url.LENGTH, default="40")
    with columns[2]:
        power = url.pick(
            _("Length normalisation"), POWERS, name=url.NORMALISED, default="1",
            show=lambda one: numeral(float(one), "g"),
            help=_(
                "The score is the log-probability divided by the number of tokens to this power. "
                "With 0, texts that a stop string ended early are favoured; with 1, what counts is "
                "how probable a token is on average. Without a stop string all texts are of one "
                "length, and the order is the same."
            ),
        )  # fmt: skip
    with columns[3]:
        stop = choose_stop()
    return Search(
        beams=int(width), tokens=int(length), stop=stop, length_normalisation=float(power)
    )


def _show_found(chosen: ChosenModel, found: FoundTexts, prompt: str, search: Search) -> None:
    power = search.length_normalisation
    plain_text(prompt + found[0][0])
    _take_on(chosen, found, prompt, search)
    numbers = st.column_config.NumberColumn(format=column_format("%.4f"))
    table = pd.DataFrame(
        {
            _("text"): ["".join(glyph(one) for one in text) for text, _beam in found],
            _("score"): [beam.score(power) for _text, beam in found],
            _("log-probability (nats)"): [beam.log_probability for _text, beam in found],
            _("tokens"): [len(beam.tokens) for _text, beam in found],
        }
    )
    columns = (_("score"), _("log-probability (nats)"))
    st.dataframe(
        in_language(table, dict.fromkeys(columns, ".4f")), hide_index=True, key="beams",
        column_config=dict.fromkeys(columns, numbers),
    )  # fmt: skip
    best = found[0][1]
    st.caption(
        _(
            "The best of {count} beams, above, and all of them: the texts that the model holds "
            "most probable, of those that were looked at. Nothing is drawn, so there is no luck in "
            "it and no temperature. On average a token of the best text costs {nats} nats. What is "
            "likeliest is often dull and repeats itself: people do not write the likeliest text.",
            count=count(len(found)), nats=numeral(-best.score(1.0), ".3f"),
        ),
        help=meaning_of("nats"),
    )  # fmt: skip


def table_of(found: FoundTexts, prompt: str, power: float) -> list[dict[str, object]]:
    """Each beam with its score, the best one first."""
    return [
        {
            "text": prompt + text,
            "score": beam.score(power),
            "log_probability": beam.log_probability,
            "tokens": [int(token) for token in beam.tokens],
        }
        for text, beam in found
    ]


def values_of(
    chosen: ChosenModel, found: FoundTexts, prompt: str, search: Search
) -> dict[str, object]:
    """The beams with all that it takes to search for them once more."""
    power = search.length_normalisation
    of = {"run": chosen.run_id, "step": chosen.step, "prompt": prompt}
    return {**of, **asdict(search), "found": table_of(found, prompt, power)}


def _take_on(chosen: ChosenModel, found: FoundTexts, prompt: str, search: Search) -> None:
    """What can be done with the texts: go on with the best one, copy it, ask about it, save all."""
    whole = prompt + found[0][0]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Continue it in “Write”"), icon=":material/edit_note:", type="tertiary",
            on_click=lambda: url.write_choices(**{url.PROMPT: whole, url.MODE: WRITE}),
        )  # fmt: skip
        copy_button(whole, key="copy-beam")
        ask_whether_copied(found[0][0], run=chosen.run_id, step=chosen.step, key="ask-beam")
        st.download_button(
            _("All beams (JSON)"), lambda: as_json(values_of(chosen, found, prompt, search)),
            file_name=f"{chosen.run_id}-step-{chosen.step}-beams.json", mime="application/json",
            on_click="ignore", type="tertiary", icon=":material/download:",
            help=_("With the settings of the search."),
        )  # fmt: skip
