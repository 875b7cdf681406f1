"""Several runs on one chart, and beneath it the settings in which they differ."""

import html
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from minigpt.runs.analysis.config_diff import Comparison, differing_settings
from minigpt.runs.analysis.curves import Curve, on_axis
from minigpt.runs.records import Settings
from minigpt.runs.store import bits_per_character
from minigpt.sentences import N_
from ui import messages
from ui.charts.axes import Axes, step_axes, time_axes, token_axes
from ui.charts.options import EVEN, LOG, STEP, TIME, TOKENS, clock_of, option_name
from ui.charts.overlay import Line, LineLook, look_of, overlay_chart
from ui.forms.labels import setting_value
from ui.i18n import _, translated
from ui.navigation import page_file
from ui.pickers import tell_apart
from ui.screens.inspect.pairs.wanted import wants_heads
from ui.services.runs import TICK_SECONDS, snapshot
from ui.services.snapshot import RunSnapshot
from ui.services.verdicts import verdict
from ui.session import url
from ui.session.selection import SEPARATOR
from ui.theme import palette
from ui.wording import loss


def draw_differences(configs: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """One row a setting that is not the same in all runs, one column a run.

    Args:
        configs: each run's config.json, by run.
        names: what to call each run.
    """
    comparison = differing_settings(configs)
    st.subheader(_("What differs"), anchor=False)
    if words := in_words(comparison):
        st.write(words)
    if comparison.is_empty:
        return
    st.dataframe(
        difference_table(comparison, names),
        hide_index=True,
        key="differences",
        alt=_("Settings that differ between the chosen runs"),
        column_config={"Setting": st.column_config.TextColumn(_("Setting"), pinned=True)},
    )


def difference_table(comparison: Comparison, names: Mapping[str, str]) -> pd.DataFrame:
    """One row a setting, one column a run."""
    rows = [
        {"Setting": _setting(one.setting)}
        | {names[run]: setting_value(value) for run, value in one.values.items()}
        for one in comparison.differences
    ]
    return pd.DataFrame(rows)


def in_words(comparison: Comparison) -> str | None:
    """What there is to say where a table would be empty or nearly so; None where it would not."""
    if comparison.is_empty:
        return _("These runs have the same settings. On one machine they learn the same.")
    if comparison.is_seed_only:
        return _("Nothing differs but the seed: what you see between these runs is chance.")
    return None


def _setting(path: str) -> str:
    """Such as "learning rate (training)"; what has no section is its own name."""
    section, dot, name = path.rpartition(".")
    words = name.replace("_", " ")
    return _("{setting} ({section})", setting=words, section=section) if dot else words


VALIDATION, BOTH = "validation", "both"
LOG_LOG = "log-log"
NAMED = {VALIDATION: N_("Validation"), BOTH: N_("Both"), LOG_LOG: N_("Log-log")}
CHART_PIXELS = 400
NATS, BITS = N_("loss (nats per token)"), N_("bits per character")
VALIDATION_NATS = N_("validation loss (nats per token)")
LEGEND = "display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;font-size:.9rem"
ENTRY = "display:inline-flex;align-items:center;gap:.45rem;color:inherit;text-decoration:none"
SAMPLE = "display:inline-block;width:1.7rem;height:0"
Runs = Mapping[str, RunSnapshot]


def draw_overlay(ids: Sequence[str]) -> None:
    """The chart, kept up to date while one of the runs trains, and the differing settings."""
    runs = _read(ids)
    if not runs:
        return
    is_live = any(run.status.is_live for run in runs.values())
    st.fragment(partial(_draw_chart, ids), run_every=TICK_SECONDS if is_live else None)()
    if len(runs) > 1:
        draw_differences(
            {run_id: run.settings.values for run_id, run in runs.items()}, names_of(runs)
        )
        if wants_heads():
            # Here and not above: it needs torch, which this page otherwise does without.
            from ui.screens.inspect.pairs.several import draw_heads

            draw_heads(names_of(runs))
            _link_to_attention(list(runs))


def _link_to_attention(ids: Sequence[str]) -> None:
    st.page_link(
        page_file("attention"), label=_("Compare the first two head by head"),
        icon=":material/grid_on:",
        query_params={
            url.MODE: "compare", url.RUN: ids[0], url.WITH: ids[1], url.PAIRED: "deed",
            url.CHOSEN: SEPARATOR.join(ids),
        },
    )  # fmt: skip


def names_of(runs: Runs) -> dict[str, str]:
    """What to call each run beside the others, by its id."""
    names = {run_id: run.summary.name for run_id, run in runs.items()}
    return tell_apart(names, names.__getitem__, mark=lambda run_id: run_id[-6:])


def is_comparable_by_token(runs: Runs) -> bool:
    """Whether a token is the same to all of these runs, so that loss per token can be compared."""
    lengths = {run.summary.characters_per_token for run in runs.values()}
    tokenizers = {(run.settings.tokenizer_settings, run.summary.corpus) for run in runs.values()}
    return lengths == {1.0} or len(tokenizers) <= 1


def _read(ids: Sequence[str]) -> dict[str, RunSnapshot]:
    runs = {}
    for run_id in ids:
        try:
            runs[run_id] = snapshot(run_id)
        except Exception as error:  # whatever it is, a damaged run costs its own line only
            messages.show_broken(run_id, error)
    return runs


def _draw_chart(ids: Sequence[str]) -> None:
    runs, colors = _read(ids), palette()
    axis, scale, is_both = _choices()
    by_token = is_comparable_by_token(runs)
    shown = runs if by_token else {one: run for one, run in runs.items() if _length(run)}
    names = names_of(runs)
    looks = {run_id: look_of(index, colors) for index, run_id in enumerate(runs)}
    _draw_legend({names[one]: (looks[one], runs[one]) for one in shown}, by_token)
    lines = [
        line
        for index, run_id in enumerate(runs)
        if run_id in shown
        for line in _lines(names[run_id], runs[run_id], index, axis, is_both, by_token)
    ]
    lines.sort(key=lambda line: not line.is_faint)
    axes = _axes([line.curve for line in lines], axis, log=scale != EVEN)
    unit = translated((NATS if is_both else VALIDATION_NATS) if by_token else BITS)
    spec = overlay_chart(lines, colors, axes=axes, unit=unit, is_log_log=scale == LOG_LOG)
    st.echarts_chart(
        spec,
        height=colors.pixels(CHART_PIXELS),
        key="overlay",
        alt=_("Loss of {values}", values=", ".join(names.values())),
    )
    for remark in _remarks(runs, shown, names):
        st.caption(remark)


def _choices() -> tuple[str, str, bool]:
    with st.popover(
        _("Chart"), icon=":material/tune:", type="tertiary", key="view-overlay",
        help=_("What the chart shows, and how."),
    ):  # fmt: skip
        axis = url.pick(
            _("From left to right"), [STEP, TIME, TOKENS], name=url.AXIS, default=STEP,
            show=option_name,
        )  # fmt: skip
        losses = url.pick(
            _("Losses"), [VALIDATION, BOTH], name=url.LOSSES, default=VALIDATION,
            show=_named,
            help=_("Both: the training loss as well, thin, behind the validation loss."),
        )  # fmt: skip
        scale = url.pick(
            _("Scale"), [EVEN, LOG, LOG_LOG], name=url.SCALE, default=EVEN, show=_named,
            help=_("Log: equal distances upwards are equal factors, so small late gains show. "
            "Log-log: from left to right as well, so short runs show beside long ones."),
        )  # fmt: skip
    return axis, scale, losses == BOTH


def _named(option: str) -> str:
    return translated(NAMED[option]) if option in NAMED else option_name(option)


def _lines(
    name: str, run: RunSnapshot, index: int, axis: str, is_both: bool, by_token: bool
) -> list[Line]:
    drawn = [_training(name, run)] if is_both else []
    drawn.append((name, run.curves.validation_loss, False))
    return [
        Line(
            name=title,
            curve=on_axis(_measured(curve, run, by_token), clock_of(run, axis)),
            index=index,
            is_faint=is_faint,
        )
        for title, curve, is_faint in drawn
    ]


def _training(name: str, run: RunSnapshot) -> tuple[str, Curve, bool]:
    """A run's training loss, on the training part if that was judged: title, curve, if faint."""
    if part := run.curves.training_part_loss:
        return _("{name}, training", name=name), part, False
    return _("{name}, last batch's loss", name=name), run.curves.train_loss, True


def _measured(curve: Curve, run: RunSnapshot, by_token: bool) -> Curve:
    if by_token:
        return curve
    length = _length(run)
    return [
        (x, bits) for x, value in curve if (bits := bits_per_character(value, length)) is not None
    ]


def _length(run: RunSnapshot) -> float | None:
    return run.summary.characters_per_token


def _axes(curves: Sequence[Curve], axis: str, *, log: bool) -> Axes:
    end = max((curve[-1][0] for curve in curves if curve), default=1.0)
    if axis == STEP:
        return step_axes(int(end), log=log)
    return (time_axes if axis == TIME else token_axes)(end, log=log)


def _draw_legend(runs: Mapping[str, tuple[LineLook, RunSnapshot]], by_token: bool) -> None:
    entries = "".join(
        f'<a href="run?run={html.escape(run.summary.id)}" target="_self" style="{ENTRY}">'
        f'<span style="{SAMPLE};border-top:3px {look.dash} {look.color}"></span>'
        f"{html.escape(name)}"
        f'<span style="opacity:.65">{html.escape(_best(run, by_token))}</span></a>'
        for name, (look, run) in runs.items()
    )
    st.html(f'<div style="{LEGEND}">{entries}</div>')


def _best(run: RunSnapshot, by_token: bool) -> str:
    judged = verdict(run.summary)
    losses = [point and point[1] for point in (judged.best, judged.last)]
    if not by_token:
        losses = [bits_per_character(one, _length(run)) for one in losses]
    best, last = map(loss, losses)
    return _("best {best}, last {last}", best=best, last=last)


def _remarks(runs: Runs, shown: Runs, names: Mapping[str, str]) -> list[str]:
    remarks = []
    if len({_text_of(run.settings) for run in runs.values()}) > 1:
        remarks.append(
            _("These runs read different texts: a lower line need not be a better model.")
        )
    if not is_comparable_by_token(runs):
        remarks.append(
            _(
                "These runs cut text differently, so their loss per token says little. Bits per "
                "character are counted on the text itself and can be compared."
            )
        )
    if missing := [messages.escape(names[one]) for one in runs if one not in shown]:
        remarks.append(
            _(
                "Not drawn, because nobody measured how long their tokens are: {missing}.",
                missing=", ".join(missing),
            )
        )
    return remarks


def _text_of(settings: Settings) -> str:
    return settings.judged_by
