"""What plain counting explains of a model, kept step after kept step, beside where its heads look.

Every step is measured once for all visitors; whoever comes first sees how far it is.
"""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.runs.analysis.inside.over_training import AtStep, Yardstick, best_heads, eras
from ui import messages
from ui.charts.film import StepLine, kept_steps_chart, shades_of_one
from ui.components.glossary import meaning_of
from ui.components.head_tiles import head_title
from ui.components.model_picker import ChosenModel
from ui.i18n import _, numeral, translated
from ui.navigation import page_file
from ui.screens.inspect.attention import tokens_are
from ui.screens.inspect.report import NAMES
from ui.services.inside.over_training import measures_at_step, steps_of, yardstick_of
from ui.session import url
from ui.theme import palette
from ui.wording import as_csv, count, loss

CHART_HEIGHT = 380
LEAST = 1e-3
"""What a smaller distance is drawn as: a logarithmic axis has no 0."""


def show_over_training(chosen: ChosenModel) -> None:
    """Both figures on one axis of steps, and the same in words."""
    st.subheader(_("What counting explains, over the training"), anchor=False)
    _explain(chosen)
    try:
        found = _measure(chosen.run_id)
        on = yardstick_of(chosen.run_id)
    except MiniGPTError as error:
        messages.show_error(error)
        return
    _draw_distances(chosen, found)
    _tell(found, on)
    _draw_heads(chosen, found)
    st.download_button(
        _("All these numbers (CSV)"), lambda: as_csv(as_table(found, on)),
        file_name=f"{chosen.run_id}-over-training.csv", mime="text/csv", on_click="ignore",
        type="tertiary", icon=":material/download:",
    )  # fmt: skip


def _explain(chosen: ChosenModel) -> None:
    st.caption(
        _(
            "The model at each kept step beside a much simpler guesser, which only counts in the "
            "training text: how often each token occurs, or what followed the one, two, three or "
            "four tokens before. Sequences of 3 tokens are two tokens and what came after them. A "
            "line says how far the model's guesses are from those of one such count: 0 would be "
            "the same guesses."
        ),
        help=_(
            "How many nats a token it would cost to guess as the count does, were the model "
            "right: the Kullback-Leibler divergence. Counts are smoothed (Witten and Bell 1991); "
            "where they never saw what stands before, they guess as shorter sequences do. Tokens "
            "are {tokens_are}.",
            tokens_are=tokens_are(chosen.trained.tokenizer.kind),
        )
        + "\n\n"
        + meaning_of("checkpoint", "step", "nats", "validation"),
    )


def _measure(run_id: str) -> list[AtStep]:
    steps, found = steps_of(run_id), []
    bar = st.progress(0.0, text=_("Counting in the training text …"))
    try:
        yardstick_of(run_id)
        for number, step in enumerate(steps):
            bar.progress(number / len(steps), text=_("Measuring step {step} …", step=count(step)))
            found.append(measures_at_step(run_id, step))
    finally:
        bar.empty()
    return found


def in_a_sentence(run_length: int) -> str:
    """What a model may be nearest to."""
    if not run_length:
        return _("an even guess")
    if run_length == 1:
        return _("counts of single tokens")
    return _("counts of sequences of {count} tokens", count=run_length)


def counting_name(run_length: int) -> str:
    """A way of counting, in short."""
    if not run_length:
        return _("even guess")
    if run_length == 1:
        return _("single tokens")
    return _("sequences of {count} tokens", count=run_length)


def _draw_distances(chosen: ChosenModel, found: Sequence[AtStep]) -> None:
    colors, many = palette(), len(found[0].distances)
    shades = [colors.reference, *shades_of_one(colors, many - 1)]
    lines = [
        StepLine(
            name=counting_name(length), values=[max(LEAST, one.distances[length]) for one in found],
            color=shades[length], is_dashed=not length,
        )
        for length in range(many)
    ]  # fmt: skip
    last = found[-1]
    _chart(
        chosen, found, lines, _("distance (nats per token, logarithmic)"), key="distances",
        form=".3f", is_log=True,
        alt=_(
            "Distance of the model's guesses from counts, over the kept steps; at step {step} "
            "nearest to {counting}, {distance} nats a token away.",
            step=count(last.step), counting=in_a_sentence(last.nearest),
            distance=numeral(last.distances[last.nearest], ".2f"),
        ),
    )  # fmt: skip


def _chart(
    chosen: ChosenModel, found: Sequence[AtStep], lines: Sequence[StepLine], unit: str,
    *, key: str, form: str, alt: str, is_log: bool = False,
) -> None:  # fmt: skip
    steps = [one.step for one in found]
    st.echarts_chart(
        kept_steps_chart(unit, lines, steps, chosen.step, palette(), form=form, is_log=is_log),
        height=palette().pixels(CHART_HEIGHT), key=f"{key}-{chosen.run_id}", alt=alt,
    )  # fmt: skip


def _tell(found: Sequence[AtStep], on: Yardstick) -> None:
    st.markdown("\n".join(f"- {line}" for line in in_words(found)))
    best = min(range(len(on.losses)), key=lambda one: on.losses[one])
    last = found[-1]
    st.markdown(
        _(
            "What came next on these places costs the model **{loss}** nats a token at step "
            "{step}; the best simple guesser, {counting}, costs **{counted}**.",
            loss=loss(last.loss), step=count(last.step), counting=in_a_sentence(best),
            counted=loss(on.losses[best]),
        )
    )  # fmt: skip
    st.caption(
        _(
            "Measured at {places} places in {texts} pieces of validation text, the same at every "
            "step. Kept steps stand at even distances, however far apart they are; the upright "
            "line is the step chosen above. The nearest count need not be near: the distance "
            "says how much it leaves unexplained.",
            places=count(len(on.came)), texts=count(len(on.texts)),
        )
    )  # fmt: skip


def in_words(found: Sequence[AtStep]) -> list[str]:
    """What the model is most like, from which step to which."""
    by_step = {one.step: one for one in found}
    told = []
    for era in eras(found):
        words = {
            "counting": in_a_sentence(era.run_length),
            "first": count(era.first),
            "distance": numeral(by_step[era.last].distances[era.run_length], ".2f"),
        }
        if era.first == era.last:
            told.append(_("Step {first}: nearest to {counting}, {distance} nats away.", **words))
        else:
            told.append(
                _(
                    "Steps {first} to {last}: nearest to {counting}, in the end {distance} nats "
                    "away.",
                    last=count(era.last), **words,
                )
            )  # fmt: skip
    return told


def _draw_heads(chosen: ChosenModel, found: Sequence[AtStep]) -> None:
    if not found[-1].shares:
        st.caption(
            _(
                "Of this model nothing is to be said about where heads look: it has none, or "
                "reads too few tokens at a time."
            )
        )
        return
    st.subheader(_("Where its heads look meanwhile"), anchor=False)
    lines = _head_lines(found)
    _chart(
        chosen, found, lines, _("share of attention (%)"), key="looks", form=".0f",
        alt="; ".join(f"{one.name} {numeral(one.values[-1], '.0f')} %" for one in lines),
    )  # fmt: skip
    st.caption(
        _(
            "Of each kind of place the head that looks there most at the last kept step. Dashed, "
            "in the same colour: a head that looks at all its past alike. To look somewhere is "
            "not yet to matter: the report on the page of attention silences heads to find out."
        )
    )
    st.page_link(
        page_file("attention"), label=_("All numbers of a head"), icon=":material/grid_on:",
        query_params={url.RUN: chosen.run_id, url.STEP: str(chosen.step)},
    )  # fmt: skip


def _head_lines(found: Sequence[AtStep]) -> list[StepLine]:
    colors = palette().runs
    return [
        StepLine(
            name=_(
                "{kind}: {head}", kind=translated(NAMES[kind]), head=head_title(layer, head, "")
            ),
            values=[100 * one.shares[kind][layer][head] for one in found],
            color=colors[at % len(colors)], level=100 * found[-1].chances[kind],
        )
        for at, (kind, (layer, head)) in enumerate(best_heads(found).items())
    ]  # fmt: skip


def as_table(found: Sequence[AtStep], on: Yardstick) -> pd.DataFrame:
    """A row for each step: losses and distances, then each head's share of each kind of place."""
    rows = []
    for one in found:
        row: dict[str, float | int] = {"step": one.step, "loss": one.loss}
        row |= {f"distance_{length}": value for length, value in enumerate(one.distances)}
        row |= {f"counted_loss_{length}": value for length, value in enumerate(on.losses)}
        row |= {
            f"{kind}_{layer + 1}.{head + 1}": share
            for kind, table in one.shares.items()
            for layer, heads in enumerate(table)
            for head, share in enumerate(heads)
        }
        row |= {f"{kind}_by_chance": chance for kind, chance in one.chances.items()}
        rows.append(row)
    return pd.DataFrame(rows)
