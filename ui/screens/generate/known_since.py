"""A text coloured by the kept step from which on the model knew each of its tokens for good."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
import torch
from jaxtyping import Float, Int

from minigpt.errors import MiniGPTError
from minigpt.introspection.known_since import NEVER, known_since
from ui import messages
from ui.charts.loss import bar_chart
from ui.components.glossary import meaning_of
from ui.components.model_picker import ChosenModel
from ui.components.tables import in_language, save_table
from ui.components.token_strip import Channel, token_strip
from ui.i18n import _, numeral
from ui.messages import escape
from ui.screens.generate.write.take_home import as_json
from ui.screens.inspect.attention import choose_text, show_unknown
from ui.services import runs
from ui.services.generation.kept_steps import ranks_by_step
from ui.session import url
from ui.theme import palette
from ui.wording import count, glyph, number

WITHIN = ("1", "3", "5")
BAR_PIXELS, AROUND_PIXELS = 26, 64


@dataclass(frozen=True, kw_only=True)
class KnownAtSteps:
    """What there is to see."""

    tokens: Sequence[str]
    """Of the text."""
    steps: Sequence[int]
    """The kept ones."""
    within: int
    ranks: Int[np.ndarray, "steps judged"]
    odds: Float[np.ndarray, "steps judged"]
    since: Int[np.ndarray, " judged"]
    """Places among the steps, or `NEVER`."""


def show(chosen: ChosenModel) -> None:
    """The text, what counts as known, the colours, and how much was known at each step."""
    text = choose_text(chosen, label_visibility="visible")
    show_unknown(chosen, text)
    within = url.pick(
        _("A token counts as known while it is"), WITHIN, name=url.WITHIN, default=WITHIN[0],
        show=_within,
    )  # fmt: skip
    try:
        ids = chosen.trained.tokenizer.encode(text)
        steps = [one.step for one in runs.snapshot(chosen.run_id).checkpoints]
        if len(steps) < 2:
            st.info(_("This needs a run that kept at least two steps; choose another model above."))
            return
        if len(ids) < 2:
            st.info(_("Give it a text of at least two tokens: each is judged by those before it."))
            return
        chosen.trained.model.require_context(len(ids))
        _show_known(chosen, _look(chosen, ids, steps, int(within)))
    except MiniGPTError as error:
        messages.show_error(error)


def _within(number: str) -> str:
    if number == "1":
        return _("the first choice")
    return _("among the first {number}", number=number)


def _look(
    chosen: ChosenModel, ids: Sequence[int], steps: Sequence[int], within: int
) -> KnownAtSteps:
    ranks, odds = ranks_by_step(chosen.run_id, steps, ids)
    since = known_since([torch.from_numpy(one) for one in ranks], within).numpy()
    tokens = [chosen.trained.tokenizer.vocabulary[index] for index in ids]
    return KnownAtSteps(
        tokens=tokens, steps=steps, within=within, ranks=ranks, odds=odds, since=since
    )


def _show_known(chosen: ChosenModel, known: KnownAtSteps) -> None:
    left, right = st.columns([3, 2], gap="large")
    place = url.read_place(url.PLACE, len(known.tokens), default=0)
    with left:
        # The earlier, the darker: what was known first has had the longest time to settle.
        age = np.where(known.since == NEVER, 0, len(known.steps) - known.since)
        token_strip(
            known.tokens,
            key="known-since",
            label=_("The text. Colours say since when the model knows each token."),
            chosen=place or None,
            background=Channel(
                values=np.array([0, *age]), high=len(known.steps),
                unit=_("kept steps for which it is known by now; without a colour, it is not"),
            ),
            notes=["", *(_since(known, one) for one in range(len(known.since)))],
            given=1,
            on_choose=lambda index: url.write_choices(**{url.PLACE: index + 1}),
        )  # fmt: skip
        _tell(chosen, known)
        _save(chosen, known)
    with right:
        _show_shares(known)
    if place:
        _show_token(known, place - 1)


def _since(known: KnownAtSteps, place: int) -> str:
    if known.since[place] == NEVER:
        return _("not known at step {step}", step=count(known.steps[-1]))
    return _("known since step {step}", step=count(known.steps[known.since[place]]))


def _tell(chosen: ChosenModel, known: KnownAtSteps) -> None:
    at_last = int((known.since != NEVER).sum())
    size = chosen.trained.model.vocabulary_size
    st.caption(
        _(
            "Known since a step: from that kept step on, and at every later one, the token that "
            "came is {within} of what the model expected there. At step {step} that is so for "
            "{known} of {all} tokens; guessing blindly among {size} would be right in "
            "{chance} %. The first token has nothing before it and is not judged.",
            within=_within(str(known.within)), step=count(known.steps[-1]), known=count(at_last),
            all=count(len(known.since)), size=count(size),
            chance=number(100 * min(1, known.within / size)),
        ),
        help=meaning_of("token", "step", "checkpoint"),
    )  # fmt: skip


def _show_shares(known: KnownAtSteps) -> None:
    """How many tokens were known for good by each kept step."""
    percent = [
        100 * float(((known.since != NEVER) & (known.since <= place)).mean())
        for place in range(len(known.steps))
    ]
    labels = [_("step {step}", step=count(step)) for step in known.steps]
    st.echarts_chart(
        bar_chart(labels, percent, _("tokens known for good (%)"), palette(), digits=0, most=100.0),
        height=palette().pixels(BAR_PIXELS * len(labels) + AROUND_PIXELS),
        key="known-shares",
        alt=", ".join(
            f"{label}: {numeral(share, '.0f')} %"
            for label, share in zip(labels, percent, strict=True)
        ),
    )


def _show_token(known: KnownAtSteps, place: int) -> None:
    before = "".join(glyph(one) for one in known.tokens[max(0, place - 9) : place + 1])
    st.markdown(
        _(
            "**“{token}”, after “{before}”: {since}**",
            token=escape(glyph(known.tokens[place + 1])),
            before=escape(before),
            since=_since(known, place),
        )
    )  # fmt: skip
    table = pd.DataFrame(
        {
            _("step"): list(known.steps),
            _("choice number"): known.ranks[:, place].tolist(),
            _("probability (%)"): [round(100 * float(one), 3) for one in known.odds[:, place]],
        }
    )
    st.dataframe(
        in_language(table, {_("step"): ",", _("probability (%)"): ".3f"}), hide_index=True,
        width="content", key="known-ranks",
    )  # fmt: skip


def _save(chosen: ChosenModel, known: KnownAtSteps) -> None:
    name = f"{chosen.run_id}-known-within-{known.within}"
    with st.container(horizontal=True):
        save_table(since_table(known), name)
        st.download_button(
            _("All steps (JSON)"), lambda: as_json(values_of(chosen, known)),
            file_name=f"{name}.json", mime="application/json", on_click="ignore",
            type="tertiary", icon=":material/download:",
            help=_("With the settings and, for each token, its place and its odds at every step."),
        )  # fmt: skip


def values_of(chosen: ChosenModel, known: KnownAtSteps) -> dict[str, object]:
    """All that is shown, with what it takes to compute it once more."""
    tokens = [
        {
            "token": token,
            "known_since": None if since == NEVER else known.steps[since],
            "choice_numbers": known.ranks[:, place].tolist(),
            "probabilities": known.odds[:, place].tolist(),
        }
        for place, (token, since) in enumerate(zip(known.tokens[1:], known.since, strict=True))
    ]
    of = {"run": chosen.run_id, "text": "".join(known.tokens), "within": known.within}
    return {**of, "steps": list(known.steps), "tokens": tokens}


def since_table(known: KnownAtSteps) -> pd.DataFrame:
    """A row for each token that is judged, and the kept step since which it was known for good."""
    steps = [None if one == NEVER else known.steps[one] for one in known.since]
    return pd.DataFrame(
        {
            _("place"): range(2, len(known.tokens) + 1),
            _("token"): known.tokens[1:],
            _("known since step"): pd.array(steps, dtype="Int64"),
        }
    )
