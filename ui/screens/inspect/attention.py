"""One attention head as a map, with its numbers."""

import io
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import streamlit as st
from jaxtyping import Float

from minigpt.introspection.trace import Trace
from minigpt.runs.attention_file import write_attention
from minigpt.sentences import N_
from minigpt.tokenizers import Tokenizer
from ui.charts.heatmap import attention_heatmap, tallest
from ui.charts.loss import bar_chart
from ui.components.model_picker import ChosenModel
from ui.i18n import _, translated
from ui.services.models import longest_text as most_tokens
from ui.session import url
from ui.theme import palette
from ui.wording import count, glyph

NEXT_SHOWN = 8
LONGEST_TEXT = 2000
MAP, MAP_SHAPE = "attention-map", "10 / 11"
"""Around the figure, and its width to its height: a square and what is written about it."""
EXAMPLES = ("To be, or not to be, that is the question.", "the train is on the road")

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


def choose_text(chosen: ChosenModel) -> str:
    """The text box; the default is one that the model can read in full."""
    tokenizer, context = chosen.trained.tokenizer, most_tokens(chosen.trained)
    text = url.write_lines(
        _("Text, at most {context} tokens", context=count(context)), name=url.TEXT,
        default=default_text(tokenizer, context), longest=longest_text(tokenizer, context),
        help=_("Type anything made of tokens the model has seen."),
    )  # fmt: skip
    return tokenizer.known_form(text)


def longest_text(tokenizer: Tokenizer, context_length: int) -> int:
    """How many characters may be typed; where tokens are longer than one, the model decides."""
    one_each = all(len(token) == 1 for token in tokenizer.vocabulary)
    return context_length if one_each else LONGEST_TEXT


def default_text(tokenizer: Tokenizer, longest: int) -> str:
    """A sentence the model can read, cut to `longest` tokens: an example, or its own tokens."""
    for example in EXAMPLES:
        if not tokenizer.unknown_characters(example):
            return "".join(piece.text for piece in tokenizer.pieces(example)[:longest])
    return "".join(tokenizer.vocabulary[: min(longest, 20)])


def choose_head(trace: Trace) -> tuple[int, int]:
    """Which layer and which head, both counted from 1 on the screen and in the address."""
    layers = [str(index + 1) for index in range(len(trace.layers))]
    heads = [str(index + 1) for index in range(trace.layers[0].weights.shape[1])]
    left, right = st.columns(2)
    with left:
        layer = url.pick(
            _("Layer"), layers, name=url.LAYER, default="1",
            help=_("Layers work one after the other; later ones read what earlier ones wrote."),
        )  # fmt: skip
    with right:
        head = url.pick(
            _("Head"), heads, name=url.HEAD, default="1",
            help=_("The heads of a layer look at the same time, each at something else."),
        )  # fmt: skip
    return int(layer) - 1, int(head) - 1


def show_head(trace: Trace, chosen: ChosenModel, text: str, *, layer: int, head: int) -> None:
    """The map, what it says in words, and the numbers to take home."""
    tokens = [piece.text for piece in chosen.trained.tokenizer.pieces(text)]
    weights = trace.layers[layer].weights[0, head].numpy()
    title = _(
        "Layer {layer}, head {head}, step {step}",
        layer=layer + 1, head=head + 1, step=count(chosen.step),
    )  # fmt: skip
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader(title, anchor=False)
        _map(
            weights,
            tokens,
            alt=_("{title}: attention weights on the text {text!r}", title=title, text=text),
        )
    with right:
        st.subheader(_("What this head does here"), anchor=False)
        st.caption(summary(weights))
        name = f"attention-layer{layer + 1}-head{head + 1}-step{chosen.step}"
        _downloads(chosen, text, weights, tokens, name)
        _next_token(trace, chosen.trained.tokenizer)


def _downloads(
    chosen: ChosenModel,
    text: str,
    weights: Float[np.ndarray, "queries keys"],
    tokens: list[str],
    name: str,
) -> None:
    st.download_button(
        _("Download these numbers (CSV)"),
        to_csv(weights, tokens),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
    st.download_button(
        _("Download all heads (HTML)"),
        lambda: to_html(chosen, text),
        file_name=f"attention-step{chosen.step}.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
        help=_("A page with the maps of every layer and head, for any browser, without this app."),
    )


def _map(weights: Float[np.ndarray, "queries keys"], tokens: list[str], *, alt: str) -> None:
    # Only the browser knows how wide the screen is. The map is square, and so what holds it has
    # to follow its width, or there would be nothing under the map on a narrow one.
    st.html(
        f"<style>.st-key-{MAP} {{ aspect-ratio: {MAP_SHAPE}; "
        f"max-height: {tallest(len(tokens))}px; }}</style>"
    )
    with st.container(key=MAP):
        st.plotly_chart(
            attention_heatmap(weights, tokens, palette()),
            key="attention",
            theme=None,
            height="stretch",
            alt=alt,
            # Plotly's own buttons would lie over the labels of the last tokens.
            config={"displayModeBar": False},
        )


def _next_token(trace: Trace, tokenizer: Tokenizer) -> None:
    st.subheader(_("What the model expects next"), anchor=False)
    likeliest = trace.logits[0, -1].softmax(-1).topk(min(NEXT_SHOWN, tokenizer.vocabulary_size))
    labels = [glyph(tokenizer.vocabulary[index]) for index in likeliest.indices.tolist()]
    percent = [100 * share for share in likeliest.values.tolist()]
    st.echarts_chart(
        bar_chart(labels, percent, _("probability (%)"), palette(), digits=1),
        height=260,
        key="next-token",
        alt=", ".join(
            f"{label} {share:.1f} %" for label, share in zip(labels, percent, strict=True)
        ),
    )
    st.caption(_("After the last token of the text, with all heads together."))


def summary(weights: Float[np.ndarray, "queries keys"]) -> str:
    """What one head does on this text, as shares of its attention."""
    rows = np.arange(len(weights))
    to_itself = float(weights[rows, rows].mean())
    to_first = float(weights[1:, 0].mean()) if len(weights) > 1 else 1.0
    to_previous = float(weights[rows[1:], rows[:-1]].mean()) if len(weights) > 1 else 0.0
    itself, previous, first = (f"{100 * one:.0f} %" for one in (to_itself, to_previous, to_first))
    return _(
        "On this text the head gives, on average, {itself} of its attention to the token "
        "itself, {previous} to the one before, and {first} to the very first. Each row adds "
        "up to 100 %.",
        itself=itself,
        previous=previous,
        first=first,
    )


def to_html(chosen: ChosenModel, text: str) -> bytes:
    """The maps of all heads as one page that needs nothing else."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "attention.html")
        write_attention(path, chosen.trained, text, run=chosen.run_id)
        return path.read_bytes()


def to_csv(weights: Float[np.ndarray, "queries keys"], tokens: list[str]) -> bytes:
    """The weights as a table; rows look, columns are looked at."""
    names = [f"{position} {token!r}" for position, token in enumerate(tokens)]
    buffer = io.StringIO()
    pd.DataFrame(weights, index=names, columns=names).to_csv(buffer)
    return buffer.getvalue().encode("utf-8")
