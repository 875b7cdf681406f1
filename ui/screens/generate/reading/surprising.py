"""The surprise of any text: token by token, in all, beside counting and beside a second model."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.reading.counting import CountingLine
from minigpt.reading.report import as_file, counting_values, per_character, surprise_values
from minigpt.reading.surprise import Surprise
from ui import messages
from ui.charts.loss import bar_chart
from ui.components.glossary import meaning_of
from ui.components.model_picker import ChosenModel
from ui.components.token_strip import Channel, token_strip
from ui.i18n import _, ngettext, numeral, translated
from ui.screens.generate.reading.passage import choose_passage, choose_token
from ui.screens.generate.reading.reliability import show_reliability
from ui.screens.generate.reading.second import SecondModel, choose_second, show_difference
from ui.services import runs
from ui.services.reading import counting_lines_of, surprise
from ui.session import url
from ui.theme import palette
from ui.wording import count, glyph

MOST_BITS = 8.0
"""What the strongest colour stands for, in every text and for every model."""
ROW_PIXELS, AROUND_PIXELS = 30, 70


@dataclass(frozen=True)
class ReadText:
    """A text as a model read it, with whom it is compared."""

    chosen: ChosenModel
    surprise: Surprise
    second: SecondModel | None

    @property
    def name(self) -> str:
        """What the model is called, with its step."""
        name = runs.snapshot(self.chosen.run_id).summary.name
        return _("{model}, step {step}", model=name, step=count(self.chosen.step))


def show(chosen: ChosenModel) -> None:
    """The text, its total, its tokens, and whether the probabilities were kept."""
    text = choose_passage(chosen)
    second = choose_second(chosen, text)
    if not text.strip():
        st.info(_("Paste a text, or let the model write one under Write: then it is measured."))
        return
    with messages.errors_shown():
        read = ReadText(chosen, surprise(chosen.run_id, chosen.step, text), second)
    _say_total(read)
    _show_tokens(read)
    if second:
        show_difference(read.surprise, chosen.run_id, read.name, second)
    # Counting takes longest, a second for a text that nobody asked about: all else stands by then.
    lines = _counted(chosen, text)
    _show_totals(read, lines)
    show_reliability(read.surprise, chosen)
    st.download_button(
        _("Every token with its bits (JSON)"), partial(to_file, chosen, read.surprise, lines),
        file_name=f"{chosen.run_id}-step-{chosen.step}-surprise.json", mime="application/json",
        icon=":material/download:", on_click="ignore", type="tertiary",
    )  # fmt: skip


def _counted(chosen: ChosenModel, text: str) -> list[CountingLine]:
    try:
        return counting_lines_of(chosen.run_id, chosen.step, text)
    except MiniGPTError as error:
        reason = translated(error.message)
        st.caption(messages.escape(_("Nothing could be counted: {reason}", reason=reason)))
        return []


def _say_total(read: ReadText) -> None:
    bits = read.surprise.bits_per_character or 0.0
    with st.container(border=True):
        st.markdown(
            messages.escape(
                _(
                    "**This text costs the model {bits} bits per character**, as much as a choice "
                    "among {choices} equally likely characters each time: {total} bits for "
                    "{characters} characters.",
                    bits=numeral(bits, ".2f"),
                    choices=numeral(2.0 ** min(bits, 40.0), ".3g"),
                    total=numeral(read.surprise.bits, ",.0f"),
                    characters=count(read.surprise.characters),
                )
            ).replace("\\*\\*", "**"),
            help=meaning_of("loss"),
        )
        if read.surprise.unread:
            st.caption(
                _(
                    "{unread} characters, which it cannot read, are left out.",
                    unread=count(read.surprise.unread),
                )
            )


def totals(read: ReadText, lines: list[CountingLine]) -> list[tuple[str, float]]:
    """Who foretells the text how well, in bits per character; the best first."""
    found = [(_("this model"), read.surprise.bits_per_character)]
    if read.second:
        found.append((_("the other model"), read.second.surprise.bits_per_character))
    found += [(_name(line), per_character(line, read.surprise)) for line in lines]
    return sorted(
        ((name, bits) for name, bits in found if bits is not None), key=lambda one: one[1]
    )


def _name(line: CountingLine) -> str:
    """Short enough to stand beside a bar on a phone."""
    if not line.run_length:
        return translated(line.name)
    return ngettext("counting {count} token", "counting {count} tokens", line.run_length)


def _show_totals(read: ReadText, lines: list[CountingLine]) -> None:
    shown = totals(read, lines)
    names, bits = [name for name, _bits in shown], [value for _name, value in shown]
    st.echarts_chart(
        bar_chart(names, bits, _("bits per character: less is better"), palette(), digits=2),
        height=palette().pixels(AROUND_PIXELS + ROW_PIXELS * len(shown)),
        key="surprise-totals",
        alt=", ".join(f"{name} {numeral(value, '.2f')}" for name, value in shown),
    )
    if lines:
        st.caption(
            _(
                "Counting is no model: it looks up how often each sequence of so many tokens "
                "stands in {counted} tokens of the training text, and foretells the last token of "
                "the sequence by those before it. An even guess takes all {size} tokens for "
                "equally likely.",
                counted=count(lines[0].counted),
                size=count(read.chosen.trained.model.vocabulary_size),
            )
        )


def _show_tokens(read: ReadText) -> None:
    tokens = read.surprise.tokens
    at = url.read_place(url.SPOT, len(tokens), default=_most_surprising(read.surprise))
    vocabulary = read.chosen.trained.tokenizer.vocabulary
    candidates = [[(vocabulary[id], p) for id, p in one.candidates] for one in tokens[1:]]
    token_strip(
        [one.place.piece.text for one in tokens],
        key="surprise",
        label=_("The text; the stronger the colour, the more surprising the token"),
        chosen=at,
        background=Channel(
            values=np.array([one.bits or 0.0 for one in tokens]), high=MOST_BITS, unit=_("bits")
        ),
        candidates=[*candidates, []],
        on_choose=choose_token,
    )
    st.caption(
        _(
            "The stronger the colour, the more surprising: from 0 to {most} bits and more, in "
            "every text alike. Each bit more means that the model gave it half the probability.",
            most=numeral(MOST_BITS, ".0f"),
        )
    )
    st.markdown(messages.escape(_about(read, at)))


def _most_surprising(read: Surprise) -> int:
    bits = [-1.0 if one.bits is None else one.bits for one in read.tokens]
    return max(range(len(bits)), key=bits.__getitem__)


def _about(read: ReadText, at: int) -> str:
    token = read.surprise.tokens[at]
    shown = glyph(token.place.piece.text)
    if token.bits is None:
        return _("The model cannot judge {token} here.", token=f"“{shown}”")
    vocabulary = read.chosen.trained.tokenizer.vocabulary
    likeliest = ", ".join(
        f"“{glyph(vocabulary[id])}” {numeral(100 * share, '.1f')} %"
        for id, share in token.candidates
    )
    return _(
        "Token {place}, {token}: {bits} bits. The model gave it {percent} % and expected "
        "{likeliest}.",
        place=count(at + 1),
        token=f"“{shown}”",
        bits=numeral(token.bits, ".2f"),
        percent=numeral(100 * math.exp2(-token.bits), ".3g"),
        likeliest=likeliest,
    )


def to_file(chosen: ChosenModel, read: Surprise, lines: list[CountingLine]) -> bytes:
    """What `python -m minigpt surprise --json` says of the same text."""
    values = surprise_values(chosen.trained, read)
    counting = {"counting": counting_values(lines, read) if lines else None}
    return as_file({"run": chosen.run_id, "text": read.text, **values, **counting})
