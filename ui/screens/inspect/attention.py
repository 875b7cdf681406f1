"""What the page of attention is about, and what it says in words."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import streamlit as st
from jaxtyping import Float
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from minigpt.sentences import N_
from minigpt.tokenizers import Tokenizer
from ui.charts.loss import bar_chart
from ui.components.glossary import meaning_of
from ui.components.model_picker import ChosenModel
from ui.i18n import _, numeral, translated
from ui.messages import escape
from ui.screens.inspect.overview import AttentionView, quote_token
from ui.services import texts
from ui.services.film import film
from ui.services.models import longest_text as most_tokens
from ui.session import url
from ui.theme import palette
from ui.wording import count, glyph

NEXT_SHOWN = 8
LONGEST_TEXT = 2000
FIRST_TOKENS = 20

PIECES = N_("pieces from one letter to a whole word")
TOKENS = {
    "character": N_("single characters"),
    "word": N_("words, punctuation marks and line breaks"),
    "byte": N_("single bytes, of which most letters take one"),
    "bpe": PIECES,
    "unigram": PIECES,
    "gpt2": PIECES,
    "imported": PIECES,
}
"""What a model sees of a text, by the kind of its tokenizer."""


def tokens_are(kind: str) -> str:
    """What the tokens of a tokenizer of this kind are, in a few words."""
    return translated(TOKENS.get(kind, N_("pieces of text")))


def show_introduction(chosen: ChosenModel, place: DeltaGenerator) -> None:
    """Say what is to be seen, and what to do."""
    place.caption(
        _(
            "To guess what comes next, each head looks back at the tokens before, here "
            "{tokens_are}. Choose a token and every head shows what it looks at from there.",
            tokens_are=tokens_are(chosen.trained.tokenizer.kind),
        ),
        help=meaning_of("head", "layer", "token"),
    )


def choose_text(
    chosen: ChosenModel, *, label_visibility: Literal["visible", "collapsed"] = "collapsed"
) -> str:
    """The text box; the default is one that the model can read in full."""
    tokenizer, context = chosen.trained.tokenizer, most_tokens(chosen.trained)
    text = url.write_lines(
        _("Text, at most {context} tokens", context=count(context)), name=url.TEXT,
        default=default_text(chosen, context), longest=longest_text(tokenizer, context),
        label_visibility=label_visibility,
    )  # fmt: skip
    return tokenizer.known_form(text)


def longest_text(tokenizer: Tokenizer, context_length: int) -> int:
    """How many characters may be typed; where tokens are longer than one, the model decides."""
    one_each = all(len(token) == 1 for token in tokenizer.vocabulary)
    return context_length if one_each else LONGEST_TEXT


def default_text(chosen: ChosenModel, longest: int) -> str:
    """The text of its film, else a line of its own text, cut to `longest` tokens.

    Where there is neither, its first tokens.

    Of a model that came from elsewhere nobody knows the text.
    """
    tokenizer, shared = chosen.trained.tokenizer, film(chosen.run_id)
    if shared and len(shared.film.ids) <= longest:
        return shared.text
    if found := texts.example_line(chosen.run_id):
        shown = tokenizer.decode(tokenizer.encode(found.line)[:longest])
        is_cut = found.line[len(shown) : len(shown) + 1].isalnum() and " " in shown
        return shown.rpartition(" ")[0] if is_cut else shown  # no word is left in pieces
    return tokenizer.decode(range(min(longest, tokenizer.vocabulary_size, FIRST_TOKENS)))


def show_unknown(chosen: ChosenModel, text: str) -> None:
    """Which words of a text the model does not know, although it reads it."""
    if note := chosen.trained.unknown_note(text):
        st.warning(escape(translated(note)), icon=":material/question_mark:")


def show_next_token(view: AttentionView) -> None:
    """What the whole model expects after the chosen token."""
    st.subheader(_("What the model expects next"), anchor=False)
    draw_odds(view.chosen.trained.tokenizer, view.trace.logits[0, view.query])
    st.caption(
        _(
            "After token {token}, with all heads together.",
            token=escape(quote_token(view, view.query)),
        )
    )


def draw_odds(
    tokenizer: Tokenizer, logits: Float[Tensor, " V"], *, key: str = "next-token"
) -> None:
    """The likeliest next tokens as bars."""
    found = logits.softmax(-1).topk(min(NEXT_SHOWN, tokenizer.vocabulary_size))
    likeliest = zip(found.indices.tolist(), found.values.tolist(), strict=True)
    draw_likeliest(tokenizer, list(likeliest), key=key)


def draw_likeliest(
    tokenizer: Tokenizer, likeliest: Sequence[tuple[int, float]], *, key: str
) -> None:
    """The same of tokens with their probabilities, the likeliest first."""
    shown = likeliest[:NEXT_SHOWN]
    labels = [glyph(tokenizer.vocabulary[index]) for index, _share in shown]
    percent = [100 * share for _index, share in shown]
    st.echarts_chart(
        bar_chart(labels, percent, _("probability (%)"), palette(), digits=1),
        height=palette().pixels(232),
        key=key,
        alt=", ".join(
            f"{label} {numeral(share, '.1f')} %"
            for label, share in zip(labels, percent, strict=True)
        ),
    )


def summarise_head(weights: Float[np.ndarray, "queries keys"]) -> str:
    """What one head does on this text, as shares of its attention."""
    if len(weights) == 1:
        return _(
            "There is one token only, and nothing before it: every head gives it all of its "
            "attention. Write more to see where they look."
        )
    rows = np.arange(len(weights))
    to_itself = float(weights[rows, rows].mean())
    to_first = float(weights[1:, 0].mean())
    to_previous = float(weights[rows[1:], rows[:-1]].mean())
    itself, previous, first = (
        f"{numeral(100 * one, '.0f')} %" for one in (to_itself, to_previous, to_first)
    )
    return _(
        "On this text the head gives, on average, {itself} of its attention to the token "
        "itself, {previous} to the one before, and {first} to the very first. Each row adds "
        "up to 100 %.",
        itself=itself,
        previous=previous,
        first=first,
    )
