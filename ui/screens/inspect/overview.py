"""A text over all heads: what the page of attention shows first."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float

from minigpt.introspection.flows import FLOWS, Flow, flows
from minigpt.introspection.trace import LayerTrace, Trace
from minigpt.sentences import N_
from minigpt.tokenizers import Tokenizer
from ui.components.head_tiles import Measure, head_tiles
from ui.components.model_picker import ChosenModel
from ui.components.token_strip import Follows, token_strip
from ui.i18n import _, numeral, translated
from ui.session import url
from ui.wording import glyph

GROUP = "attention"
ENDS = ("1", "0.5", "0.25", "0.1")
"""Where the strongest colour of shares may stand."""
FLOW_NAMES = {
    "weight": N_("Weight"),
    "value": N_("Weight × value"),
    "contribution": N_("Contribution"),
}
UNITS = {
    "weight": N_("share of the row's attention"),
    "value": N_("weight times the length of the value there"),
    "contribution": N_("weight times the length of what that adds to the stream"),
}
CANDIDATES = 5
PALE = 0.2
"""Of the strongest colour: rows that stay below it are hard to see."""


@dataclass(frozen=True, kw_only=True)
class Arrangement:
    """Heads in an order that says something."""

    order: list[tuple[int, int]]
    """Layer and head, the first on top."""
    numbers: list[list[str]]
    """What is written over each head, in the order of the model: by what they are sorted."""
    words: str
    """By what that is, and what it would be by chance."""


@dataclass(frozen=True, kw_only=True)
class AttentionView:
    """What is looked at; everything but the trace is in the address."""

    chosen: ChosenModel
    text: str
    tokens: tuple[str, ...]
    trace: Trace
    layer: int
    head: int
    query: int
    """The token that looks."""

    @property
    def seen(self) -> LayerTrace:
        """What happened in the chosen layer."""
        return self.trace.layers[self.layer]

    @property
    def weights(self) -> Float[np.ndarray, "queries keys"]:
        """The chosen head's."""
        weights: Float[np.ndarray, "queries keys"] = self.seen.weights[0, self.head].numpy()
        return weights

    @property
    def file(self) -> str:
        """A name for what is saved of it."""
        return f"attention-layer{self.layer + 1}-head{self.head + 1}-step{self.chosen.step}"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The maps of a step of which nothing else is known."""

    step: int
    maps: Float[np.ndarray, "layers heads queries keys"]


def token_names(tokenizer: Tokenizer, text: str) -> tuple[str, ...]:
    """What to call each token of a text; one that stands for an unknown word says so."""
    return tuple(
        f"{tokenizer.vocabulary[piece.id]} {piece.text.strip()}" if piece.is_unknown else piece.text
        for piece in tokenizer.pieces(text)
        if piece.id is not None  # gaps that go unsaid are no tokens
    )


def view_from_address(chosen: ChosenModel, text: str, trace: Trace) -> AttentionView:
    """What the address chooses; the last token and the first head where it chooses nothing."""
    tokens = token_names(chosen.trained.tokenizer, text)
    heads = trace.layers[0].weights.shape[1]
    return AttentionView(
        chosen=chosen,
        text=text,
        tokens=tokens,
        trace=trace,
        layer=url.read_place(url.LAYER, len(trace.layers), default=0),
        head=url.read_place(url.HEAD, heads, default=0),
        query=url.read_place(url.TOKEN, len(tokens), default=len(tokens) - 1),
    )


def show_overview(
    view: AttentionView,
    names: list[list[str]],
    *,
    largest: float | None = None,
    frame: Frame | None = None,
    arrange: Callable[[], Arrangement | None] = lambda: None,
) -> None:
    """The text, every head, and what their colours mean.

    Args:
        view: What is looked at.
        names: Of the heads, as far as they have earned one.
        largest: The strongest colour of what is no share, where it is not this step's alone.
        frame: What the tiles show instead of this step.
        arrange: Draws what chooses the order of the heads, and says which; None is the model's.
    """
    _show_text(view)
    place = st.container()
    kind, end, arranged = _choose_colors(arrange)
    maps = frame.maps if frame else _maps(view, kind)
    if frame:
        names, arranged = [[""] * len(row) for row in names], None  # both are of this step
    with place:
        head_tiles(
            maps,
            view.tokens,
            key="head-tiles",
            measure=measure_of(maps, kind, end, largest=largest),
            names=names if arranged is None else _numbered(names, arranged.numbers),
            group=GROUP,
            order=None if arranged is None else arranged.order,
            step=frame.step if frame else view.chosen.step,
            on_choose=lambda layer, head: url.write_choices(
                **{url.LAYER: layer + 1, url.HEAD: head + 1}
            ),
        )
        if arranged is not None:
            st.caption(arranged.words)


def _show_text(view: AttentionView) -> None:
    token_strip(
        view.tokens,
        key="text-strip",
        label=_(
            "The text as tokens. Arrow keys choose the token that looks; its background is how "
            "much the chosen head looks at each."
        ),
        chosen=view.query,
        background=Follows(layer=view.layer, head=view.head),
        candidates=_candidates(view),
        group=GROUP,
        scrolls=True,
        on_choose=lambda token: url.write_choices(**{url.TOKEN: token + 1}),
    )


def _maps(view: AttentionView, kind: Flow) -> Float[np.ndarray, "layers heads queries keys"]:
    maps: Float[np.ndarray, "layers heads queries keys"]
    maps = flows(view.chosen.trained.model, view.trace, kind)[0].numpy()
    return maps


def _numbered(names: list[list[str]], numbers: list[list[str]]) -> list[list[str]]:
    return [
        [" ".join(filter(None, one)) for one in zip(row, given, strict=True)]
        for row, given in zip(names, numbers, strict=True)
    ]


def measure_of(
    maps: Float[np.ndarray, "layers heads queries keys"],
    kind: Flow,
    end: float,
    *,
    largest: float | None = None,
) -> Measure:
    """The same scale for all heads: shares of attention end at 1 or where was chosen.

    Of what is no share it ends at `largest`, or with the largest here.
    """
    here = float(maps.max())
    if kind == "weight":
        return Measure(unit=translated(UNITS[kind]), high=end, clipped=here > end, shares=True)
    high = here if largest is None else largest
    return Measure(unit=translated(UNITS[kind]), high=high, clipped=False)


def say_if_pale(view: AttentionView) -> None:
    """Say why all maps are pale, where they are, and which scale shows more."""
    asked = url.remembered_choice(url.UP_TO)
    end = float(asked) if asked in ENDS else 1.0
    if chosen_flow() == "weight" and (words := pale_words(_maps(view, "weight"), end)):
        st.caption(words)


def pale_words(maps: Float[np.ndarray, "layers heads queries keys"], end: float) -> str | None:
    """Why the maps are pale and what to do, where they are: most rows have no strong colour."""
    usual = float(np.median(maps.max(-1)))
    lower = next((one for one in ENDS if usual >= PALE * float(one)), ENDS[-1])
    if usual >= PALE * end or float(lower) >= end:
        return None
    return _(
        "The maps are pale, since half of all rows have no weight above {share}: their tokens look "
        "at much of the past at once. With the strongest colour at {lower} one sees where more "
        "goes.",
        share=numeral(usual, ".2f"),
        lower=numeral(float(lower), "g"),
    )


def chosen_flow() -> Flow:
    """What the address says the colours show."""
    return next((one for one in FLOWS if one == url.remembered_choice(url.FLOW)), "weight")


def _choose_colors(
    arrange: Callable[[], Arrangement | None],
) -> tuple[Flow, float, Arrangement | None]:
    left, right, last = st.columns([5, 4, 3])
    with left:
        kind = url.pick(
            _("What the colours show"), FLOWS, name=url.FLOW, default="weight",
            show=lambda one: translated(FLOW_NAMES[one]),
            help=_(
                "A head may look at a token and bring nothing from it. Weight × value counts how "
                "long the value is that it finds there; contribution, how much that adds to the "
                "residual stream."
            ),
        )  # fmt: skip
    with right:
        end = url.pick(
            _("Strongest colour at"), ENDS, name=url.UP_TO, default="1",
            show=lambda one: numeral(float(one), "g"),
            help=_(
                "Weights are always drawn from 0 to the same end in every head. Choose a lower "
                "end to see pale maps; whatever is above it looks the same then."
            ),
        ) if kind == "weight" else "1"  # fmt: skip
    with last:
        arranged = arrange()
    return next(one for one in FLOWS if one == kind), float(end), arranged


def _candidates(view: AttentionView) -> list[list[tuple[str, float]]]:
    vocabulary = view.chosen.trained.tokenizer.vocabulary
    with torch.inference_mode():
        shares, ids = view.trace.logits[0].softmax(-1).topk(min(CANDIDATES, len(vocabulary)))
    return [
        [(vocabulary[index], share) for index, share in zip(*row, strict=True)]
        for row in zip(ids.tolist(), shares.tolist(), strict=True)
    ]


def name_of(view: AttentionView, token: int) -> str:
    """A token with its place, counted from 1."""
    return f"{token + 1} {glyph(view.tokens[token])}"


def quote_token(view: AttentionView, token: int) -> str:
    """The same within a sentence, where a full stop would end it."""
    return f"{token + 1} “{glyph(view.tokens[token])}”"
