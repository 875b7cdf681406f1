"""One head, stage by stage: from the vectors of two tokens to what one brings to the other."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from jaxtyping import Float

from minigpt.models.layers.attention import Attention
from minigpt.sentences import N_
from ui.components.head_lines import head_lines
from ui.components.head_map import Scale, Weights, head_map
from ui.components.python_lines import python_lines
from ui.components.tables import in_language
from ui.i18n import _, numeral, translated
from ui.messages import escape
from ui.screens.inspect.head.formulas import show_formulas
from ui.screens.inspect.overview import ENDS, GROUP, AttentionView, name_of
from ui.session import url
from ui.theme import page_pixels
from ui.wording import count

STAGES = ("products", "scores", "masked_scores", "weights", "mixed")
NAMES = {
    "products": N_("Products"),
    "scores": N_("Scaled"),
    "masked_scores": N_("Masked"),
    "weights": N_("Weights"),
    "mixed": N_("Weights × V"),
}
FORMULAS = {
    "products": r"q \cdot k = \sum_d q_d\,k_d",
    "scores": r"s = q \cdot k \times \text{scale}",
    "masked_scores": r"s_{ij} = -\infty \text{ for } j > i",
    "weights": r"w_{ij} = e^{s_{ij}} \,/\, \sum_{j' \le i} e^{s_{ij'}}",
    "mixed": r"o_i = \sum_{j \le i} w_{ij}\,v_j",
}
AS_HIGH = r"\vphantom{\sum_{j' \le i} e^{s_{ij'}}}"
"""Nothing to see: as high as the highest of them."""
MEANINGS = {
    "products": N_(
        "Each token asks with a query (rows), each offers a key (columns); the cell is their dot "
        "product. High means: this is what I was asking for."
    ),
    "scores": N_(
        "The same numbers times a fixed scale. Without it they would grow with the number of "
        "channels of a head, and softmax would soon give all to one token."
    ),
    "masked_scores": N_("A token must not see what comes after it: those cells are gone."),
    "weights": N_("Softmax turns each row into shares that add up to 1."),
    "mixed": N_(
        "What the head brings to each token (rows): the average of the values, by the weights. "
        "Columns are the channels of the value."
    ),
}
UNSCALED = N_("In this model the scale is 1: these are the same numbers.")
SCALED_UP = N_(
    "The same numbers times a fixed scale. Here it makes them larger: the vectors are brought to "
    "one length, so the products are small, and softmax would prefer no token clearly."
)
MAP, LINES = "map", "lines"
BUTTON_PIXELS = 32
"""The height of a row of buttons, which stays free where there are none."""
PICTURES = {MAP: N_("As a map"), LINES: N_("As lines")}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """How one weight comes about."""

    query: int
    key: int
    queries: Float[np.ndarray, " D"]
    keys: Float[np.ndarray, " D"]
    product: float
    scale: float
    score: float
    largest: float
    """Of the row's scores: subtracted from each, which changes no share and keeps numbers small."""
    total: float
    """Of the row's exponentials."""
    weight: float


def attention_of(view: AttentionView) -> Attention:
    """The layer's attention, which knows its scale."""
    return list(view.chosen.trained.model.attention_blocks())[view.layer].attention


def cell_of(view: AttentionView, key: int) -> Cell:
    """Every number on the way to one weight, as the model computed it."""
    seen, head, query = view.seen, view.head, view.query
    scores = seen.masked_scores[0, head, query]
    largest = float(scores.max())
    return Cell(
        query=query,
        key=key,
        queries=seen.queries[0, head, query].numpy(),
        keys=seen.keys[0, head, key].numpy(),
        product=float(seen.products[0, head, query, key]),
        scale=attention_of(view).scale,
        score=float(seen.scores[0, head, query, key]),
        largest=largest,
        total=float((scores - largest).exp().sum()),
        weight=float(seen.weights[0, head, query, key]),
    )


def choose_key(view: AttentionView) -> int:
    """The token looked at: the address's, or the one with the largest weight."""
    strongest = int(view.weights[view.query].argmax())
    key = url.read_place(url.LOOKED_AT, len(view.tokens), default=strongest)
    return key if key <= view.query else strongest


def show_map(view: AttentionView, key: int) -> None:
    """The stages as a row of buttons, the formula and the numbers of the chosen one."""
    stage = url.pick(
        _("Stage"), STAGES, name=url.STAGE, default="weights",
        show=lambda one: translated(NAMES[one]),
        help=_("Attention step by step: each stage is computed from the one before it."),
    )  # fmt: skip
    # The picture stays where it is while one walks through the stages: above it all are as high,
    # and what takes one line or two comes below.
    st.latex(AS_HIGH + FORMULAS[stage])
    if _choose_picture(stage) == LINES:
        _show_lines(view, key)
    else:
        _show_stage(view, key, stage)
    st.caption(translated(meaning_of(stage, attention_of(view).scale)))
    show_formulas(attention_of(view))


def meaning_of(stage: str, scale: float) -> str:
    """What is done at a stage, in a model with such a scale."""
    if stage == "scores" and scale >= 1:
        return UNSCALED if scale == 1 else SCALED_UP
    return MEANINGS[stage]


def _choose_picture(stage: str) -> str:
    if stage != "weights":
        st.space(page_pixels(BUTTON_PIXELS))
        return MAP
    return url.pick(
        _("Picture"), list(PICTURES), name=url.PICTURE, default=MAP,
        show=lambda one: translated(PICTURES[one]), label_visibility="collapsed",
    )  # fmt: skip


def _show_lines(view: AttentionView, key: int) -> None:
    head_lines(
        view.weights,
        view.tokens,
        key="head-lines",
        scale=scale_of("weights", view.weights),
        chosen=(view.query, key),
        group=GROUP,
        file=f"{view.file}-lines",
        on_choose=_choose_cell,
    )


def _show_stage(view: AttentionView, key: int, stage: str) -> None:
    values = getattr(view.seen, stage)[0, view.head].numpy()
    square = stage != "mixed"
    head_map(
        values,
        view.tokens,
        view.tokens if square else [str(one + 1) for one in range(values.shape[1])],
        key="head-map",
        label=_(
            "Layer {layer}, head {head}, {stage}: a row for each token of {text!r}.",
            layer=view.layer + 1, head=view.head + 1, stage=translated(NAMES[stage]),
            text=view.text,
        ),
        scale=scale_of(stage, values),
        causal=stage in ("masked_scores", "weights"),
        chosen=(view.query, key) if square else None,
        group=GROUP,
        file=f"{view.file}-{stage}",
        of=_weights(view) if stage == "weights" else None,
        on_choose=_choose_cell if square else _choose_row,
    )  # fmt: skip


def _weights(view: AttentionView) -> Weights:
    return Weights(step=view.chosen.step, layer=view.layer, head=view.head)


def scale_of(stage: str, values: Float[np.ndarray, "rows columns"]) -> Scale:
    """Shares from 0 to where was chosen; other numbers as far as they go, zero in the middle."""
    if stage == "weights":
        asked = url.in_url(url.UP_TO) or "1"
        end = float(asked) if asked in ENDS else 1.0
        clipped = bool(values.max() > end)
        unit = _("share of the row's attention")
        return Scale(low=0.0, high=end, unit=unit, clipped=clipped)
    largest = float(np.abs(values[np.isfinite(values)]).max())
    unit = _("zero is the background; the ends are the largest number of this map")
    return Scale(low=-largest, high=largest, unit=unit)


def _choose_cell(row: int, column: int) -> None:
    url.write_choices(**{url.TOKEN: row + 1, url.LOOKED_AT: column + 1})


def _choose_row(row: int, column: int) -> None:
    url.write_choices(**{url.TOKEN: row + 1})


def show_arithmetic(view: AttentionView, key: int) -> None:
    """How the chosen weight comes about, and how to compute it oneself."""
    cell = cell_of(view, key)
    st.markdown(
        _(
            "How much token **{query}** looks at token **{key}**",
            query=escape(name_of(view, cell.query)), key=escape(name_of(view, cell.key)),
        )
    )  # fmt: skip
    st.latex(cell_formulas(cell))
    with st.expander(_("The two vectors, channel by channel")):
        vectors = channel_table(cell)
        exact = dict.fromkeys(vectors.columns[1:], ".4f")
        st.dataframe(in_language(vectors, exact), hide_index=True, height=240)
        st.caption(
            _(
                "The products of the last column add up to {product}.",
                product=numeral(cell.product, ".4f"),
            )
        )
    python_lines(
        _("The same in PyTorch"), lambda: reproducing_code(view, key),
        _("Run from the project's folder, this prints {weight}.", weight=f"{cell.weight:.6f}"),
        key="cell-in-python",
    )  # fmt: skip


def cell_formulas(cell: Cell) -> str:
    """The numbers of a cell as formulas."""
    share = _tex(math.exp(cell.score - cell.largest))
    product, scale, score, largest, total, weight = map(
        _tex, (cell.product, cell.scale, cell.score, cell.largest, cell.total, cell.weight)
    )
    return (
        r"\begin{aligned}"
        rf"q \cdot k &= {product} \\"
        rf"s = {product} \times {scale} &= {score} \\"
        rf"e^{{s - {largest}}} &= {share} \\"
        rf"w = {share} \,/\, {total} &= {weight}"
        r"\end{aligned}"
    )


def _tex(value: float) -> str:
    # In braces a comma is part of a number, without the gap that TeX puts behind a comma.
    return numeral(value, ".4f").replace(",", "{,}")


def channel_table(cell: Cell) -> pd.DataFrame:
    """The query, the key and their products."""
    return pd.DataFrame(
        {
            _("channel"): np.arange(len(cell.queries)) + 1,
            _("query"): cell.queries,
            _("key"): cell.keys,
            _("product"): cell.queries * cell.keys,
        }
    )


def reproducing_code(view: AttentionView, key: int) -> str:
    """Lines of Python that print the chosen weight."""
    run, step = view.chosen.run_id, view.chosen.step
    layer, head, query = view.layer, view.head, view.query
    return "\n".join(
        [
            "import minigpt, torch",
            f"opened = minigpt.open_model(minigpt.open_run({run!r}), step={step})",
            f"x = torch.tensor([opened.tokenizer.encode({view.text!r})])",
            f"seen = minigpt.trace(opened.model, x).layers[{layer}]",
            f"scores = seen.queries[0, {head}, {query}] @ seen.keys[0, {head}, : {query + 1}].T"
            f" * {attention_of(view).scale!r}",
            f"print(scores.softmax(0)[{key}].item())",
        ]
    )


def show_title(view: AttentionView, name: str) -> None:
    """Which head this is, and what it is called if it has earned a name."""
    title = _(
        "Layer {layer}, head {head}, step {step}",
        layer=view.layer + 1, head=view.head + 1, step=count(view.chosen.step),
    )  # fmt: skip
    st.subheader(title, anchor=False)
    if name:
        st.badge(name)
