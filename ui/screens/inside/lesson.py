"""Teach it one sentence: a real step on a copy, and what was learnt and forgotten by it."""

import json
import math
from dataclasses import asdict

import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.introspection.one_step import MOST_STEPS, RULES, StepRule
from minigpt.introspection.report_card import Interval
from minigpt.sentences import N_
from ui import messages
from ui.components.glossary import meaning_of
from ui.components.token_strip import Channel, token_strip
from ui.i18n import _, ngettext, numeral, translated
from ui.messages import escape
from ui.screens.inside.question import Question
from ui.screens.inspect.attention import draw_likeliest, draw_odds
from ui.screens.inspect.overview import token_names
from ui.services.inside.teaching import Lesson, get_ready
from ui.services.inside.teaching import teach_sentence as teach
from ui.session import url
from ui.wording import loss

RATES = ("0.0003", "0.001", "0.003", "0.01", "0.03", "0.1", "0.3", "1.0")
USUAL = {"sgd": "0.03", "adamw": "0.001"}
NAMES = {"sgd": N_("plain gradient"), "adamw": N_("AdamW")}
MORE, LONGEST, MOVED_SHOWN = 10, 500, 10
AT_REST = 5e-4
"""A change of the loss that is smaller than what its three decimals show."""


def show_lesson(question: Question) -> None:
    """The sentence, the rule, the steps; then what came of them."""
    st.subheader(_("Teach it one sentence"), anchor=False)
    st.caption(
        _(
            "One real training step on a copy of the model, with this sentence as the whole batch. "
            "The model itself stays as it is. What is learnt, and what is forgotten by it?"
        ),
        help=meaning_of("gradient", "learning rate", "step"),
    )
    sentence = url.write_lines(
        _("The sentence"), name=url.SENTENCE, default=question.text, longest=LONGEST
    )
    rule = _choose_rule()
    steps = url.read_place(url.TAUGHT, MOST_STEPS, default=-1) + 1
    _show_buttons(steps)
    if not steps:
        get_ready(question.model_on_text)
        return
    try:
        known = question.chosen.trained.tokenizer.known_form(sentence)
        found = teach(question.model_on_text, question.position, known, rule, steps)
    except MiniGPTError as error:
        messages.show_error(error)
        return
    _show_losses(found, steps)
    _show_sentence(question, known, found)
    _show_next(question, found)
    _show_moved(found)
    _offer(question, known, rule, found)


def _offer(question: Question, sentence: str, rule: StepRule, found: Lesson) -> None:
    st.download_button(
        _("All these numbers (JSON)"), lambda: to_json(question, sentence, rule, found),
        file_name=f"lesson-step{question.chosen.step}.json", mime="application/json",
        on_click="ignore", type="tertiary", icon=":material/download:",
    )  # fmt: skip


def to_json(question: Question, sentence: str, rule: StepRule, found: Lesson) -> bytes:
    """What was done and what came of it, for other programs."""
    judged = {"validation": found.validation, "forgotten": found.forgotten}
    data = {
        "run": question.chosen.run_id,
        "step": question.chosen.step,
        "sentence": sentence,
        "rule": asdict(rule),
        "sentence_losses": found.means,
        "token_losses": {"before": found.before, "after": found.after},
        **{
            name: None if one is None else {"mean": float(one.mean), "windows": one.windows}
            for name, one in judged.items()
        },
        "moved": [
            {**asdict(one), "share": None if math.isnan(one.share) else one.share}
            for one in found.moved
        ],
    }
    return json.dumps(data, indent=1).encode()


def _choose_rule() -> StepRule:
    left, right = st.columns(2)
    with left:
        name = url.pick(
            _("Rule"), RULES, name=url.RULE, default=RULES[0],
            show=lambda one: translated(NAMES[one]),
            help=_(
                "Plain gradient: each weight goes down its own slope, the steeper the further. "
                "AdamW, with nothing remembered yet, moves every weight that has a slope by the "
                "learning rate at first: beta1 0.9, beta2 0.99, no weight decay. The training of "
                "this run used its own rule, batch and learning rate."
            ),
        )  # fmt: skip
    with right:
        rate = url.slide(
            _("Learning rate"),
            RATES,
            name=url.RATE,
            default=USUAL[name],
            show=lambda one: numeral(float(one), "g"),
        )
    return StepRule(name=next(one for one in RULES if one == name), learning_rate=float(rate))


def _show_buttons(steps: int) -> None:
    with st.container(horizontal=True):
        st.button(
            _("One step"), on_click=_go_on, args=(steps + 1,), disabled=steps >= MOST_STEPS,
            type="primary",
        )  # fmt: skip
        st.button(
            _("Ten more"), on_click=_go_on, args=(min(steps + MORE, MOST_STEPS),),
            disabled=not steps or steps >= MOST_STEPS,
        )  # fmt: skip
        st.button(
            _("Begin anew"), on_click=url.forget_choices, args=(url.TAUGHT,), disabled=not steps
        )


def _go_on(steps: int) -> None:
    url.write_choices(**{url.TAUGHT: steps})


def _show_losses(found: Lesson, steps: int) -> None:
    left, right = st.columns(2)
    with left:
        st.metric(
            ngettext(
                "Loss of the sentence after {count} step",
                "Loss of the sentence after {count} steps",
                steps,
            ),
            loss(found.means[-1]),
            numeral(found.means[-1] - found.means[0], "+.4f"),
            delta_color="inverse",
            help=meaning_of("loss", "nats"),
        )
    with right:
        if found.validation is None or found.forgotten is None:
            st.caption(
                _("The run's validation text is not here, so nobody can say what is forgotten.")
            )
            return
        st.metric(
            _("Validation loss"),
            loss(float(found.validation.mean + found.forgotten.mean)),
            numeral(float(found.forgotten.mean), "+.4f"),
            delta_color="inverse",
            help=meaning_of("validation"),
        )
    st.markdown(escape(verdict(found.means[-1] - found.means[0], found.forgotten)))


def verdict(learnt: float, forgotten: Interval) -> str:
    """What was learnt and what was forgotten, in words that the numbers bear out."""
    mean, half = float(forgotten.mean), float(forgotten.half_width)
    if not math.isfinite(half):
        return _("Too few windows of validation text to say what was forgotten.")
    sure = abs(mean) > half and abs(mean) > AT_REST
    values = {"windows": forgotten.windows, "change": mean, "half": half, "learnt": learnt}
    if sure and mean > 0:
        return _(
            "The sentence's loss changed by {learnt:+.3f}; on other text of the run the loss rose "
            "by {change:.3f} ± {half:.3f} ({windows} windows): that much was forgotten.",
            **values,
        )
    if sure:
        return _(
            "The sentence's loss changed by {learnt:+.3f}; on other text of the run the loss fell, "
            "too, by {change:.3f} ± {half:.3f} ({windows} windows).",
            **{**values, "change": -mean},
        )
    return _(
        "The sentence's loss changed by {learnt:+.3f}; on other text of the run it changed by "
        "{change:+.3f} ± {half:.3f} ({windows} windows), which may be nothing.",
        **values,
    )


def _show_sentence(question: Question, sentence: str, found: Lesson) -> None:
    tokens = token_names(question.chosen.trained.tokenizer, sentence)
    changes = [0.0, *(new - old for old, new in zip(found.before, found.after, strict=True))]
    high = max(map(abs, changes)) or 1.0
    token_strip(
        tokens,
        key="lesson-strip",
        label=_("The sentence; its background is how much less surprising each token became."),
        chosen=None,
        background=Channel(
            values=-pd.Series(changes).to_numpy(), high=high, signed=True,
            unit=_("fall of each token's loss (nats); the first one is foretold by nothing"),
        ),
        notes=[
            "",
            *(
                _("{old:.2f} before, {new:.2f} now", old=old, new=new)
                for old, new in zip(found.before, found.after, strict=True)
            ),
        ],
        group="lesson",
        on_choose=lambda _token: None,
    )  # fmt: skip


def _show_next(question: Question, found: Lesson) -> None:
    tokenizer = question.chosen.trained.tokenizer
    left, right = st.columns(2, gap="large")
    with left:
        st.caption(_("Before: what comes after token {place}", place=escape(question.place)))
        draw_odds(tokenizer, question.logits, key="lesson-before")
    with right:
        st.caption(_("Now: what comes after token {place}", place=escape(question.place)))
        draw_likeliest(tokenizer, found.likeliest, key="lesson-after")


def _show_moved(found: Lesson) -> None:
    st.subheader(_("What moved most"), anchor=False)
    shown = found.moved[:MOVED_SHOWN]
    st.dataframe(
        pd.DataFrame(
            {
                _("array"): [one.name for one in shown],
                _("change (%)"): [100 * one.share for one in shown],
                _("length of the change"): [one.length for one in shown],
            }
        ),
        hide_index=True,
        column_config={
            _("change (%)"): st.column_config.NumberColumn(format="%.3f"),
            _("length of the change"): st.column_config.NumberColumn(format="%.4f"),
        },
    )
    st.caption(
        _("The change of each array of weights, against the length that it had; names as in files.")
    )
