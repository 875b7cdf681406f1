"""A written text as its tokens, coloured by surprise when asked for."""

import math
from collections.abc import Sequence

import numpy as np
import streamlit as st

from minigpt.sampling.generate import SampledToken
from ui.components.glossary import meaning_of
from ui.components.model_picker import ChosenModel
from ui.components.token_strip import Channel, token_strip
from ui.i18n import _, numeral
from ui.session import url
from ui.session.branches import look_at
from ui.session.texts import Branch, WrittenText
from ui.wording import number

MOST_BITS = 8.0
"""What the strongest colour stands for: one in 256."""
SMALLEST = 1e-30
"""Below it a probability is not told from zero, which has no bits."""


def show_strip(chosen: ChosenModel, text: WrittenText, there: Sequence[Branch]) -> None:
    """The text; a click on a token looks at its place."""
    tokenizer, given = chosen.trained.tokenizer, chosen.trained.prompt_ids(text.settings.prompt)
    ids = [*given, *(token.id for token in text.tokens)]
    bits = [surprise(token) for token in text.tokens]
    place = url.read_place(url.PLACE, len(text.tokens), default=-1)
    is_coloured = _switch()
    token_strip(
        [tokenizer.vocabulary[index] for index in ids],
        key="written-strip",
        label=_("The text as tokens. Choose one to see what else could have come."),
        chosen=None if place < 0 else len(given) + place,
        background=Channel(
            values=np.array([0.0] * len(given) + bits), high=MOST_BITS, unit=_("bits of surprise")
        )
        if is_coloured
        else None,
        marks=[(len(given) + one, len(given) + one + 1) for one, _token in text.branch.picks],
        notes=[""] * len(given)
        + [_note(token, one) for token, one in zip(text.tokens, bits, strict=True)],
        given=len(given),
        on_choose=lambda index: look_at(
            text.branch, there, index - len(given) if index >= len(given) else None
        ),
    )
    if is_coloured:
        _tell_colours(chosen, bits)


def _switch() -> bool:
    return url.switch(
        _("Colour by surprise"), name=url.COLOUR, on="surprise",
        help=_(
            "How unexpected each token was to the model: bits are the number of times a chance "
            "would have to be halved. One in two is 1 bit, one in 256 is 8 bits."
        ),
    )  # fmt: skip


def _colours(bits: Sequence[float]) -> Channel:
    return Channel(values=np.array(bits), high=MOST_BITS, unit=_("bits of surprise"))


def surprise(token: SampledToken) -> float:
    """How unexpected a token was to the model itself, in bits."""
    return -math.log2(max(token.model_probability, SMALLEST))


def _note(token: SampledToken, bits: float) -> str:
    return _(
        "{percent} % by the model, {bits} bits",
        percent=number(100 * token.model_probability), bits=numeral(bits, ".1f"),
    )  # fmt: skip


def _tell_colours(chosen: ChosenModel, bits: Sequence[float]) -> None:
    size = chosen.trained.model.vocabulary_size
    average, chance = sum(bits) / len(bits), math.log2(size)
    st.caption(
        _(
            "0 bits is certain; 8 bits and more, one in 256 and less, look the same. Counted by "
            "what the model itself held, before temperature and filters. On average {bits} bits a "
            "token here; if all {size} tokens were equally likely, each would have {chance}. The "
            "beginning is not coloured.",
            bits=numeral(average, ".2f"), size=size, chance=numeral(chance, ".2f"),
        ),
        help=meaning_of("token"),
    )  # fmt: skip
