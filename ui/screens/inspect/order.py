"""Heads sorted by what was measured of them, which the page says over each and in words."""

import math
from itertools import product

from torch import Tensor

from minigpt.errors import MiniGPTError
from minigpt.introspection.patterns import PATTERNS, Pattern
from minigpt.introspection.report_card import ReportCard
from minigpt.sentences import N_
from ui.i18n import _, numeral, translated
from ui.screens.inspect.overview import Arrangement
from ui.screens.inspect.report import NAMES, PLACES, signed_number
from ui.services.heads import SharedCard
from ui.session import url

BY_LAYER, EFFECT, EVENNESS = "layer", "effect", "evenness"
SHOWN = {
    BY_LAYER: N_("by layer"),
    EFFECT: N_("loss without it"),
    **NAMES,
    EVENNESS: N_("evenness"),
}


def choose_arrangement(shared: SharedCard | MiniGPTError) -> Arrangement | None:
    """Choose by what the heads are sorted; only by layer where nothing can be measured."""
    if isinstance(shared, MiniGPTError):
        return None
    card = shared.card
    kinds = [kind for kind in PATTERNS if math.isfinite(card.looks.shares[kind].chance)]
    chosen = url.select(
        _("Order of the heads"), [BY_LAYER, EFFECT, *kinds, EVENNESS], name=url.SORTED,
        default=BY_LAYER, show=lambda one: translated(SHOWN[one]),
        help=_(
            "Layer by layer, or by what was measured of the heads: how much worse the model is "
            "without the head, or where the head looks."
        ),
    )  # fmt: skip
    if chosen == BY_LAYER or (chosen == EFFECT and not card.effects.windows):
        return None
    if chosen == EFFECT:
        return _arranged(card.effects.estimate.mean, _effect_words(card), percent=False)
    if chosen == EVENNESS:
        words = _(
            "Sorted: first the head that looks most evenly at all that came before. The numbers "
            "are evenness in percent: 100 for all alike, 0 for one token only."
        )
        return _arranged(card.looks.entropy, words)
    kind = next(one for one in PATTERNS if one == chosen)
    return _arranged(card.looks.shares[kind].heads, _share_words(card, kind))


def _arranged(values: Tensor, words: str, *, percent: bool = True) -> Arrangement:
    layers, heads = values.shape
    order = sorted(
        product(range(layers), range(heads)),
        key=lambda place: -float(values[place].nan_to_num(-math.inf)),
    )
    numbers = [[_shown(value, percent=percent) for value in row] for row in values]
    return Arrangement(order=order, numbers=numbers, words=words)


def _shown(value: Tensor, *, percent: bool) -> str:
    return f"{numeral(100 * float(value), '.0f')} %" if percent else signed_number(value)


def _effect_words(card: ReportCard) -> str:
    if card.is_done:
        return _(
            "Sorted: first the head without which the loss rises most. The numbers say by how "
            "much, in nats a token."
        )
    return _(
        "Sorted: first the head without which the loss rises most. The numbers say by how much, "
        "in nats a token, after {read} of {all} windows of text.",
        read=card.effects.windows, all=len(card.windows),
    )  # fmt: skip


def _share_words(card: ReportCard, kind: Pattern) -> str:
    return _(
        "Sorted: first the head that gives the most attention to {place}. The numbers say how "
        "much; looking everywhere alike gives {chance} %.",
        place=translated(PLACES[kind]),
        chance=numeral(100 * card.looks.shares[kind].chance, ".0f"),
    )
