"""The text, its background saying what each place brought to the prediction."""

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float

from minigpt.errors import MiniGPTError
from minigpt.introspection.attribution.receipt import Part
from ui.components.glossary import meaning_of
from ui.components.token_strip import Channel, token_strip
from ui.i18n import _
from ui.screens.inside.question import Question, choose_place, in_words
from ui.services.inside.prediction import Account

CANDIDATES = 5


def show_strip(question: Question, found: Account | MiniGPTError, part: Part | None) -> None:
    """The text as tokens; a click chooses the place whose next token is asked about.

    Args:
        question: What is asked.
        found: The receipt; where there is none, nothing is coloured.
        part: The head whose sources are shown; all heads together for any other part.
    """
    label = _("The text as tokens. Arrow keys choose after which the next one is asked about.")
    background = None
    if not isinstance(found, MiniGPTError):
        background = _channel(question, found, brought_by(found, part), part)
    if background:
        label = _(
            "The text as tokens. Arrow keys choose after which the next one is asked about; the "
            "background is what each place brought to that."
        )
    token_strip(
        question.tokens,
        key="inside-strip",
        label=label,
        chosen=question.position,
        background=background,
        notes=[_note(float(one)) for one in background.values] if background else [],
        candidates=_candidates(question),
        group="inside",
        scrolls=True,
        on_choose=choose_place,
    )


def brought_by(account: Account, part: Part | None) -> Float[np.ndarray, " T"]:
    """Through the chosen head; through all of them where another part is chosen, or none."""
    found: Float[np.ndarray, " T"] = account.brought.sum((0, 1))
    if part is not None and part.layer is not None and part.head is not None:
        found = account.brought[part.layer, part.head]
    return found


def _channel(
    question: Question, account: Account, brought: Float[np.ndarray, " T"], part: Part | None
) -> Channel | None:
    largest = float(np.abs(brought).max(initial=0.0))
    if not largest:
        return None
    unit = _unit(question, float(brought.sum()), account.total, part)
    return Channel(values=brought, high=largest, signed=True, unit=unit)


def _unit(question: Question, share: float, total: float, part: Part | None) -> str:
    amount = {"what": in_words(question), "share": share, "total": total}
    if part is None or part.head is None or part.layer is None:
        return _(
            "what all heads together brought to {what} ({share:+.2f} of {total:+.2f}) from each "
            "place: above layer 1, what stood there is a mixture of all before it, and no longer "
            "this token alone",
            **amount,
        )
    head = f"{part.layer + 1}.{part.head + 1}"
    if part.layer == 0:
        return _(
            "what head {head} brought to {what} ({share:+.2f} of {total:+.2f}) from each token, "
            "where it stands",
            head=head, **amount,
        )  # fmt: skip
    return _(
        "what head {head} brought to {what} ({share:+.2f} of {total:+.2f}) from what stood at each "
        "place in layer {layer}: a mixture of all before it, and no longer this token alone",
        head=head, layer=part.layer + 1, **amount,
    )  # fmt: skip


def _note(number: float) -> str:
    return _("brings {number:+.3f}", number=number)


def _candidates(question: Question) -> list[list[tuple[str, float]]]:
    vocabulary = question.chosen.trained.tokenizer.vocabulary
    with torch.inference_mode():
        logits = question.trace.logits[0]
        shares, ids = logits.softmax(-1).topk(min(CANDIDATES, len(vocabulary)))
    return [
        [(vocabulary[index], share) for index, share in zip(*row, strict=True)]
        for row in zip(ids.tolist(), shares.tolist(), strict=True)
    ]


def explain_strip() -> None:
    """What to do, under the title."""
    st.caption(
        _(
            "Why does the model expect this token and not another? Choose a token of the text: "
            "what the model expects after it is taken apart into what each part of the model "
            "adds."
        ),
        help=meaning_of("token", "logit", "residual stream", "head"),
    )
