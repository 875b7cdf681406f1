"""Heads switched off: the model beside itself without them, on the same text with the same luck."""

import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.introspection.ablation import Head, heads_shape, token_losses, with_heads
from minigpt.models.language_model import LanguageModel
from minigpt.sentences import N_
from ui.charts.loss import bar_chart
from ui.components.head_tiles import head_title
from ui.components.model_picker import ChosenModel
from ui.components.plain_text import plain_text
from ui.i18n import _, numeral, translated
from ui.messages import escape
from ui.screens.inspect.overview import AttentionView, quote_token
from ui.services.heads import average_outputs, written_without
from ui.session import url
from ui.theme import palette
from ui.wording import glyph, loss

NEXT_SHOWN = 6
ZERO, MEAN = "zero", "mean"
SILENCES = {ZERO: N_("Nothing"), MEAN: N_("Its average")}


def heads_off(chosen: ChosenModel) -> list[Head]:
    """The heads that the address switches off, as "1.2,3.1"; what is none is left out."""
    asked = set(filter(None, (url.in_url(url.OFF) or "").split(",")))
    layers, heads = heads_shape(chosen.trained.model)
    every = [(layer, head) for layer in range(layers) for head in range(heads)]
    off = [place for place in every if head_title(*place, "") in asked]
    if len(off) < len(asked):
        url.refuse(url.OFF)
    return off


def is_by_mean() -> bool:
    """Whether a silent head brings what it brings on average, as the address says."""
    return url.remembered_choice(url.SILENT) == MEAN


def show_switch(view: AttentionView, off: list[Head]) -> None:
    """A switch for the chosen head, one that lets all work again, and what silence means."""
    chosen = (view.layer, view.head)
    with st.container(horizontal=True):  # one under the other where their words are long
        if chosen in off:
            _button(_("Let this head work"), [one for one in off if one != chosen], "switch")
        else:
            _button(_("Silence this head"), [*off, chosen], "switch")
        if off:
            _button(_("Let all heads work"), [], "switch-all")

    url.pick(
        _("A silent head brings"), [ZERO, MEAN], name=url.SILENT, default=ZERO,
        show=lambda one: translated(SILENCES[one]),
        help=_(
            "Nothing: zeros take the place of what it brings. Its average: everywhere the same "
            "vector, what it brings on average. Later layers then get what they are used to, and "
            "only what the head tells of this text is lost. Nothing is the harsher test: a head "
            "that always brings the same may be missed there and not here."
        ),
    )  # fmt: skip


def _button(label: str, off: list[Head], key: str) -> None:
    st.button(label, key=key, on_click=_write, args=(off,), icon=":material/toggle_on:")


def _write(off: list[Head]) -> None:
    if off:
        url.write_choices(**{url.OFF: ",".join(head_title(*place, "") for place in sorted(off))})
    else:
        url.drop_from_url(url.OFF)


def show_without(view: AttentionView, off: list[Head]) -> None:
    """Loss, next tokens and written text, with all heads and without some of them."""
    if not off:
        return
    whole = view.chosen.trained.model
    mask = torch.ones(heads_shape(whole))
    for place in off:
        mask[place] = 0
    names = ", ".join(head_title(*place, "") for place in off)
    run_id, step, text = view.chosen.run_id, view.chosen.step, view.text
    by_mean = is_by_mean()
    means = average_outputs(run_id, step, text)[0] if by_mean else None
    st.subheader(_("Without heads {names}", names=names), anchor=False)
    st.caption(
        _(
            "The model beside itself with those heads silenced: the same text, the same luck. "
            "Everything above is still the whole model."
        )
    )
    if by_mean:
        st.caption(what_silent_heads_bring(run_id, step, text))
    # As in a chart: what is measured at the left, what it is compared with at the right.
    left, right = st.columns(2, gap="large")
    with left:
        _show_model(view, whole, _("With all heads"), written_without(run_id, step, text, ()))
    with right:
        there = written_without(run_id, step, text, tuple(off), by_mean=by_mean)
        _show_model(
            view, with_heads(whole, mask, means=means), _("Without {names}", names=names), there
        )


def what_silent_heads_bring(run_id: str, step: int, text: str) -> str:
    """Over which text the average was taken that stands in their place."""
    if average_outputs(run_id, step, text)[1]:
        return _("In their place stands what they bring on average over the validation text.")
    return _("In their place stands what they bring on average over this text.")


def _show_model(view: AttentionView, model: LanguageModel, words: str, text: str) -> None:
    tokenizer = view.chosen.trained.tokenizer
    ids = tokenizer.encode(view.text)
    with torch.inference_mode():
        logits = model(torch.tensor([ids]))
    st.metric(words, loss(_loss(logits, ids)), help=_("Nats a token, on your text."))
    odds = logits[0, view.query].softmax(-1).topk(min(NEXT_SHOWN, tokenizer.vocabulary_size))
    labels = [glyph(tokenizer.vocabulary[index]) for index in odds.indices.tolist()]
    percent = [100 * share for share in odds.values.tolist()]
    st.echarts_chart(
        bar_chart(labels, percent, _("probability (%)"), palette(), digits=1),
        height=palette().pixels(220),
        key=f"without-{words}",
        alt=", ".join(
            f"{one} {numeral(share, '.1f')} %" for one, share in zip(labels, percent, strict=True)
        ),
    )
    st.caption(_("After token {token}", token=escape(quote_token(view, view.query))))
    plain_text(view.text + text)


def _loss(logits: Float[Tensor, "1 T V"], ids: list[int]) -> float | None:
    """Of all tokens but the first, which nothing foretells; None where there is no other."""
    if len(ids) < 2:
        return None
    return float(token_losses(logits[:, :-1], torch.tensor([ids[1:]])).mean())
