"""The settings and the length of a text, in words."""

from collections.abc import Sequence

import streamlit as st

from ui.i18n import _
from ui.messages import escape
from ui.session.texts import WrittenText
from ui.wording import count, number


def say_how_written(text: WrittenText) -> None:
    """How long a text is and how it was written."""
    st.caption(progress_in_words([text]))
    st.caption(escape(settings_in_words(text)))


def settings_in_words(text: WrittenText) -> str:
    """Which model wrote it, at which step, and how."""
    settings = text.settings
    words = [text.model, _("step {step}", step=count(settings.step))]
    if settings.temperature:
        words.append(_("temperature {temperature:g}", temperature=settings.temperature))
    else:
        words.append(_("temperature 0, always the likeliest"))
    if settings.top_k:
        words.append(_("top-k {top_k}", top_k=count(settings.top_k)))
    if settings.top_p < 1:
        words.append(_("top-p {top_p:g}", top_p=settings.top_p))
    if settings.min_p:
        words.append(_("min-p {min_p:g}", min_p=settings.min_p))
    if settings.repetition_penalty > 1:
        words.append(_("repetition penalty {penalty:g}", penalty=settings.repetition_penalty))
    words.append(_("seed {seed}", seed=text.seed))
    if text.branch.picks:
        words.append(_("tokens picked by hand: {picks}", picks=count(len(text.branch.picks))))
    return " · ".join(words)


def progress_in_words(texts: Sequence[WrittenText]) -> str:
    """How much there is of texts that are written together, and how fast it came."""
    settings = texts[0].settings
    length = sum(len(text.tokens) for text in texts)
    if not length:
        return ""
    drawn = length - sum(text.taken_over for text in texts)
    values = {
        "length": count(length),
        "step": count(settings.step),
        "rate": number(drawn / max(texts[0].seconds, 1e-6)),
    }
    if any(text.has_ended for text in texts) and all(text.is_whole for text in texts):
        return _(
            "{length} tokens at step {step}, {rate} per second, up to a stop string.", **values
        )
    if all(text.is_whole for text in texts):
        return _("{length} tokens at step {step}, {rate} per second.", **values)
    tokens = count(settings.tokens * len(texts))
    return _(
        "{length} of {tokens} tokens at step {step}, {rate} per second.", tokens=tokens, **values
    )
