"""Two models on one text: what each head of the one does more, or less, than that of the other."""

import io
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import pandas as pd
import streamlit as st
import torch
from jaxtyping import Float
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from minigpt.checkpoints.choice import choose_from
from minigpt.errors import ConfigurationError, MiniGPTError
from minigpt.introspection.pairs.likeness import moved_attention, partners
from minigpt.sentences import N_
from ui import messages
from ui.components.head_map import Scale, head_map
from ui.components.head_tiles import Measure, head_tiles, head_title
from ui.components.model_picker import ChosenModel
from ui.components.token_strip import Follows, token_strip
from ui.i18n import _, numeral, translated
from ui.messages import escape
from ui.screens.inspect.attention import choose_text
from ui.screens.inspect.overview import ENDS, token_names
from ui.screens.inspect.pairs.several import show_relatives
from ui.services import runs
from ui.services.models import trace_of, trained_model
from ui.session import url
from ui.wording import count, glyph

GROUP = "compare"
BY_PLACE, BY_DEED = "place", "deed"
PAIRINGS = {BY_PLACE: N_("By their place"), BY_DEED: N_("By what they do on this text")}


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """The heads of two models on one text, in pairs."""

    first: Float[Tensor, "L H T T"]
    second: Float[Tensor, "L H T T"]
    """Of the second model, where its partner in the first stands."""
    heads: list[list[tuple[int, int]]]
    """Which head of the second model that is."""

    @property
    def difference(self) -> Float[np.ndarray, "L H T T"]:
        """The first model's weights less the second's."""
        difference: Float[np.ndarray, "L H T T"] = (self.first - self.second).numpy()
        return difference

    def moved(self, layer: int, head: int) -> float:
        """How much of a head's attention lies elsewhere in the other model."""
        one, other = self.first[layer, head], self.second[layer, head]
        return float(moved_attention(one[None, None], other[None, None]))


def show(chosen: ChosenModel, place: DeltaGenerator) -> None:
    """The second model, the text, the differences of all heads, and both maps of one."""
    place.caption(_introduction())
    other = _choose_other(chosen)
    text = choose_text(chosen)
    try:
        names = _same_tokens(chosen, other, text)
        weights = [trace_of(one.run_id, one.step, text).attention[0] for one in (chosen, other)]
        _require_same_shape(*weights)
    except MiniGPTError as error:
        messages.show_error(error)
    else:
        _show_pairs(chosen, other, names, weights)
    show_relatives(chosen.run_id)


def _show_pairs(
    chosen: ChosenModel,
    other: ChosenModel,
    names: tuple[str, ...],
    weights: list[Float[Tensor, "L H T T"]],
) -> None:
    place_of_tiles = st.container()
    left, right = st.columns(2)
    with left:
        pairing = pair_heads(*weights, by_deed=_choose_pairing() == BY_DEED)
    with right:
        end = _choose_end()
    layers, heads, length = pairing.first.shape[:3]
    layer = url.read_place(url.LAYER, layers, default=0)
    head = url.read_place(url.HEAD, heads, default=0)
    token = url.read_place(url.TOKEN, length, default=length - 1)
    with place_of_tiles:
        _show_differences(pairing, names, (layer, head), token, end)
    _show_head((chosen, other), pairing, names, (layer, head), token)
    _show_download(chosen, other, pairing, names)


def _introduction() -> str:
    return _(
        "The same text in two models, or in one model at two steps of its training. Each small "
        "map is a head: blue where it looks more in the first model, brown where it looks more in "
        "the second."
    )


def _choose_other(chosen: ChosenModel) -> ChosenModel:
    by_id = {run.id: run for run in runs.all_runs()}
    left, right, _rest = st.columns([3, 3, 2], vertical_alignment="bottom")
    with left:
        run_id = url.select(
            _("Second model"), list(by_id), name=url.WITH, default=chosen.run_id,
            show=lambda one: by_id[one].name,
        )  # fmt: skip
    with messages.errors_shown():
        kept = runs.snapshot(run_id).checkpoints
    if not kept:
        st.info(_("This run has saved nothing yet. Its first weights appear within seconds."))
        st.stop()
    steps = [str(one.step) for one in kept]
    default = str(choose_from(kept, None).step) if run_id != chosen.run_id else steps[0]
    with right:
        step = int(
            url.slide(
                _("Step of its training"), steps, name=url.WITH_STEP, default=default,
                show=lambda one: count(int(one)),
            )
            if len(steps) > 1
            else steps[0]
        )  # fmt: skip
    with messages.errors_shown():
        return ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))


def _same_tokens(chosen: ChosenModel, other: ChosenModel, text: str) -> tuple[str, ...]:
    first, second = (token_names(one.trained.tokenizer, text) for one in (chosen, other))
    if first != second:
        raise ConfigurationError(
            "The two models cut this text into other tokens, so there are no pairs of cells to "
            "compare. Choose two models with the same kind of tokenizer."
        )
    return first


def _require_same_shape(first: Float[Tensor, "L H T T"], second: Tensor) -> None:
    if first.shape != second.shape:
        (one, ones), (other, others) = first.shape[:2], second.shape[:2]
        raise ConfigurationError(
            "The first model has {one} layers of {ones} heads, the second {other} of {others}, so "
            "their heads do not come in pairs. Choose two models of the same shape.",
            one=one,
            ones=ones,
            other=other,
            others=others,
        )


def pair_heads(
    first: Float[Tensor, "L H T T"], second: Float[Tensor, "L H T T"], *, by_deed: bool
) -> Pairing:
    """Heads that stand at the same place, or that look at this text most alike."""
    layers, heads = first.shape[:2]
    places = list(product(range(layers), range(heads)))
    if by_deed:
        moved = moved_attention(first, second).flatten(2).flatten(0, 1)
        places = [places[one] for one in partners(moved)]
    chosen = torch.stack([second[place] for place in places]).view_as(first)
    rows = [places[row * heads : (row + 1) * heads] for row in range(layers)]
    return Pairing(first=first, second=chosen, heads=rows)


def _choose_pairing() -> str:
    return url.pick(
        _("Which heads stand side by side"), list(PAIRINGS), name=url.PAIRED, default=BY_PLACE,
        show=lambda one: translated(PAIRINGS[one]),
        help=_(
            "Another seed puts equal heads at other places. By what they do: the two heads that "
            "look at this text most alike are a pair, then the two most alike of the others, and "
            "so on."
        ),
    )  # fmt: skip


def _choose_end() -> float:
    return float(
        url.pick(
            _("Strongest colour at"), ENDS, name=url.UP_TO, default="1",
            show=lambda one: numeral(float(one), "g"),
            help=_(
                "Differences are always drawn from minus to plus the same end in every head. "
                "Choose a lower end to see small ones; whatever is above it looks the same then."
            ),
        )
    )  # fmt: skip


def _show_differences(
    pairing: Pairing, tokens: tuple[str, ...], chosen: tuple[int, int], token: int, end: float
) -> None:
    _show_text(tokens, chosen, token)
    difference = pairing.difference
    layers, heads = map(range, difference.shape[:2])
    head_tiles(
        difference,
        tokens,
        key="compare-tiles",
        measure=Measure(
            unit=_("share of the row's attention, first model less second"),
            low=-end, high=end, clipped=bool(np.abs(difference).max() > end),
        ),
        names=[[_tile_name(pairing, layer, head) for head in heads] for layer in layers],
        group=GROUP,
        on_choose=lambda layer, head: url.write_choices(
            **{url.LAYER: layer + 1, url.HEAD: head + 1}
        ),
    )  # fmt: skip
    st.caption(
        _("Over each map: how much of the head's attention lies elsewhere in the second model.")
    )


def _show_text(tokens: tuple[str, ...], chosen: tuple[int, int], token: int) -> None:
    layer, head = chosen
    token_strip(
        tokens,
        key="compare-strip",
        label=_(
            "The text as tokens. Arrow keys choose the token that looks; its background is where "
            "the chosen head looks more in the first model, or in the second."
        ),
        chosen=token,
        background=Follows(layer=layer, head=head, is_difference=True),
        group=GROUP,
        on_choose=lambda place: url.write_choices(**{url.TOKEN: place + 1}),
    )


def _tile_name(pairing: Pairing, layer: int, head: int) -> str:
    share = f"{numeral(100 * pairing.moved(layer, head), '.0f')} %"
    partner = pairing.heads[layer][head]
    return share if partner == (layer, head) else f"↔ {head_title(*partner, '')} {share}"


def _named(model: ChosenModel) -> str:
    name = runs.snapshot(model.run_id).summary.name
    return _("{run}, step {step}", run=name, step=count(model.step))


def _show_head(
    models: tuple[ChosenModel, ChosenModel],
    pairing: Pairing,
    tokens: tuple[str, ...],
    place: tuple[int, int],
    token: int,
) -> None:
    layer, head = place
    weights = [pairing.first[layer, head].numpy(), pairing.second[layer, head].numpy()]
    strongest = int(weights[0][token].argmax())
    looked_at = url.read_place(url.LOOKED_AT, len(tokens), default=strongest)
    key = looked_at if looked_at <= token else strongest
    columns = st.columns(2, gap="large")
    for number, where in enumerate((place, pairing.heads[layer][head])):
        with columns[number]:
            st.subheader(_titles(*where)[number], anchor=False)
            st.caption(escape(_named(models[number])))
            _show_map(weights[number], tokens, (token, key), number + 1)
    st.markdown(
        _(
            "Token **{query}** gives token **{key}** {first} % of its attention in the first "
            "model and {second} % in the second.",
            query=escape(f"{token + 1} {glyph(tokens[token])}"),
            key=escape(f"{key + 1} {glyph(tokens[key])}"),
            first=numeral(100 * float(weights[0][token, key]), ".1f"),
            second=numeral(100 * float(weights[1][token, key]), ".1f"),
        )
    )  # fmt: skip


def _titles(layer: int, head: int) -> tuple[str, str]:
    return (
        _("First: layer {layer}, head {head}", layer=layer + 1, head=head + 1),
        _("Second: layer {layer}, head {head}", layer=layer + 1, head=head + 1),
    )


def _show_map(
    weights: Float[np.ndarray, "T T"], tokens: tuple[str, ...], cell: tuple[int, int], number: int
) -> None:
    head_map(
        weights,
        tokens,
        tokens,
        key=f"compare-map-{number}",
        label=_("The weights of this head: a row for each token."),
        scale=Scale(low=0.0, high=1.0, unit=_("share of the row's attention")),
        causal=True,
        chosen=cell,
        group=GROUP,
        file=f"attention-model{number}",
        on_choose=lambda row, key: url.write_choices(
            **{url.TOKEN: row + 1, url.LOOKED_AT: key + 1}
        ),
    )


def _show_download(
    chosen: ChosenModel, other: ChosenModel, pairing: Pairing, tokens: tuple[str, ...]
) -> None:
    st.download_button(
        _("Every weight of both models (CSV)"),
        partial(to_csv, pairing, tokens),
        file_name=f"attention-step{chosen.step}-and-step{other.step}.csv",
        mime="text/csv",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def to_csv(pairing: Pairing, tokens: tuple[str, ...]) -> bytes:
    """A line for each pair of heads and each pair of tokens; all counted from 1."""
    layers, heads = pairing.first.shape[:2]
    rows, columns = np.tril_indices(len(tokens))
    buffer = io.BytesIO()
    # One pair of heads after the other: a table of all of them would be ten times the file.
    for index, (layer, head) in enumerate(product(range(layers), range(heads))):
        partner = pairing.heads[layer][head]
        first, second = (
            one[layer, head].numpy()[rows, columns] for one in (pairing.first, pairing.second)
        )
        table = pd.DataFrame(
            {
                "layer": layer + 1, "head": head + 1,
                "second_layer": partner[0] + 1, "second_head": partner[1] + 1,
                "token": rows + 1, "looks_at": columns + 1,
                "first": first, "second": second, "difference": first - second,
            }
        )  # fmt: skip
        table.to_csv(buffer, index=False, header=index == 0)
    return buffer.getvalue()
