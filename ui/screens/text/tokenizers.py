"""Any text, cut by two tokenizers side by side."""

import html

import streamlit as st

from minigpt.corpora import Corpus
from minigpt.errors import MiniGPTError
from minigpt.tokenizers import TOKENIZERS, Piece, Tokenizer
from ui import messages
from ui.components.plain_text import plain_text
from ui.i18n import _, translated
from ui.services.texts import trained_tokenizer
from ui.session import url
from ui.wording import count, glyph

LONGEST_TEXT = 200_000
MOST_SHOWN = 1500
SHADES = 4
FIRST_PAIR = ("character", "bpe")
EXAMPLE_CHARACTERS = 120


def show_playground(corpus: Corpus) -> None:
    """The text box, the two choices and what each makes of it."""
    st.subheader(_("How it is cut into tokens"), anchor=False)
    st.caption(
        _(
            "A model never sees characters; it sees numbers, one for each token. Fewer tokens mean "
            "it sees further back at once; more kinds of token mean each is seen less often."
        )
    )
    text = st.text_area(
        _("Try a text"), value=corpus.text[:EXAMPLE_CHARACTERS], max_chars=LONGEST_TEXT,
        key=f"playground-{corpus.name}", height=100,
    )  # fmt: skip
    for column, side, first in zip(
        st.columns(2, gap="large"), ("left", "right"), FIRST_PAIR, strict=True
    ):
        with column:
            _one_side(corpus, text, side, first)


def _one_side(corpus: Corpus, text: str, side: str, first: str) -> None:
    kind = url.select(
        _("Tokenizer"), list(TOKENIZERS), name=f"tokenizer-{side}", default=first,
        show=lambda one: translated(TOKENIZERS[one].title),
    )  # fmt: skip
    st.caption(translated(TOKENIZERS[kind].description))
    try:
        tokenizer = trained_tokenizer(kind, corpus.name)
        pieces = tokenizer.pieces(text)
    except MiniGPTError as error:
        messages.show_error(error)
        return
    st.html(tokens_as_html(pieces[:MOST_SHOWN]))
    st.caption(tokens_summary(tokenizer, text, pieces))
    with st.popover(_("Their numbers"), icon=":material/tag:"):
        plain_text(ids_in_words(pieces[:MOST_SHOWN]))


def tokens_summary(tokenizer: Tokenizer, text: str, pieces: list[Piece]) -> str:
    """How many tokens, how long they are, and what could not be read."""
    unknown = sum(piece.is_unknown for piece in pieces)
    words = [
        _(
            "{tokens} tokens for {characters} characters",
            tokens=count(len(pieces)),
            characters=count(len(text)),
        ),
        _("{length:.2f} characters a token", length=len(text) / max(1, len(pieces))),
        _("{vocabulary_size} kinds of token", vocabulary_size=count(tokenizer.vocabulary_size)),
    ]
    if unknown:
        words.append(_("{unknown} unknown, underlined", unknown=count(unknown)))
    if len(pieces) > MOST_SHOWN:
        words.append(_("the first {most} are shown", most=count(MOST_SHOWN)))
    return " · ".join(words) + "."


def ids_in_words(pieces: list[Piece]) -> str:
    """The ids the model would see; a dash for what has none."""
    return " ".join("–" if piece.id is None else str(piece.id) for piece in pieces)


def tokens_as_html(pieces: list[Piece]) -> str:
    """The tokens as HTML, every one escaped and kept in its own reading direction."""
    spans = [_span(index, piece) for index, piece in enumerate(pieces)]
    return f"<style>{STYLE}</style><div class='tokens'>{''.join(spans)}</div>"


def _span(index: int, piece: Piece) -> str:
    shade = "unknown" if piece.is_unknown else f"shade{index % SHADES}"
    title = _("unknown") if piece.id is None else _("token {id}", id=piece.id)
    line_break = "<br>" if "\n" in piece.text else ""
    shown = html.escape(glyph(piece.text))
    return f"<bdi class='{shade}' title='{html.escape(title)}'>{shown}</bdi>{line_break}"


STYLE = """
.tokens { font-family: "JetBrains Mono", monospace; font-size: 0.875rem; line-height: 1.9;
  overflow-wrap: anywhere; max-height: 20rem; overflow-y: auto; }
.tokens bdi { padding: 0.15em 0.05em; border-radius: 3px; white-space: pre-wrap; }
.tokens .shade0 { background: rgba(29, 95, 166, 0.16); }
.tokens .shade1 { background: rgba(181, 101, 29, 0.18); }
.tokens .shade2 { background: rgba(43, 122, 91, 0.16); }
.tokens .shade3 { background: rgba(123, 79, 163, 0.16); }
.tokens .unknown { text-decoration: underline wavy; }
"""
