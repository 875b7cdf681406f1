"""How a visitor wants the charts of a run drawn; the choices live in the address."""

import math
from dataclasses import dataclass

import streamlit as st

from minigpt.runs.analysis.curves import Curve, on_axis
from minigpt.runs.analysis.metric_history import SMOOTHING
from minigpt.runs.status import Status
from minigpt.sentences import N_
from ui.charts.axes import Axes, pass_axes, step_axes, time_axes, token_axes
from ui.i18n import _, translated
from ui.services.snapshot import RunSnapshot
from ui.session import url

STEP, TIME, TOKENS, PASSES = "step", "time", "tokens", "passes"
RAW = "off"
EVEN, LOG = "even", "log"
NAMES = {
    STEP: N_("Step"),
    TIME: N_("Time"),
    TOKENS: N_("Tokens"),
    PASSES: N_("Passes"),
    RAW: N_("Off"),
    "light": N_("Light"),
    "strong": N_("Strong"),
    EVEN: N_("Linear"),
    LOG: N_("Log"),
}
"""Of what can be chosen, as people read it."""
FEWEST_STEPS = 20
"""That an axis shows while there are more to come."""


@dataclass(frozen=True, kw_only=True)
class ChartView:
    """What was chosen."""

    axis: str = STEP
    smoothing: str = RAW
    log: bool = False

    def smooth(self, run: RunSnapshot) -> Curve:
        """The last batch's loss, smoothed; nothing where no smoothing was chosen."""
        return () if self.smoothing == RAW else self.drawn(run, run.history.smooth[self.smoothing])

    def drawn(self, run: RunSnapshot, curve: Curve) -> Curve:
        """A curve over steps, as it runs along the chosen axis."""
        return on_axis(curve, self._clock(run))

    def axes(self, run: RunSnapshot, *, log: bool | None = None) -> Axes:
        """The axes of a chart of this run; `log` is the chosen one unless given."""
        upwards = self.log if log is None else log
        clock = self._clock(run)
        if not clock:
            return step_axes(last_step(run), log=upwards)
        last = clock[-1][1]
        if self.axis == PASSES:
            return pass_axes(last, text=run.state.training_tokens or 1, log=upwards)
        return (time_axes if self.axis == TIME else token_axes)(last, log=upwards)

    def _clock(self, run: RunSnapshot) -> Curve:
        return clock_of(run, self.axis) if self.axis in axes_of(run) else ()


def clock_of(run: RunSnapshot, axis: str) -> Curve:
    """What an axis shows at each step, such as how many seconds had gone by; of steps nothing."""
    if axis == TIME:
        return run.curves.seconds
    return run.curves.tokens if axis in {TOKENS, PASSES} else ()


def axes_of(run: RunSnapshot) -> list[str]:
    """What a run can be drawn over: passes over its text only where the text's length is known."""
    return [STEP, TIME, TOKENS, *([PASSES] if run.state.training_tokens else [])]


def choose_view(run: RunSnapshot, *, default_scale: str = EVEN) -> ChartView:
    """Draw the choices, folded away, and say what they are."""
    with st.popover(
        _("Chart"), icon=":material/tune:", type="tertiary", key=f"view-{run.summary.id}",
        help=_("What the charts show, and how."),
    ):  # fmt: skip
        axis = url.pick(
            _("From left to right"), axes_of(run), name=url.AXIS, default=STEP,
            show=option_name,
            help=_("Time and tokens count from the start of this training. In one pass it sees as "
            "many tokens as its text has to learn from; which ones is left to chance."),
        )  # fmt: skip
        smoothing = url.pick(
            _("Smooth the last batch's loss"), [RAW, *SMOOTHING], name=url.SMOOTHING, default=RAW,
            show=option_name,
            help=_("Each batch is easier or harder by chance. A moving average shows the trend; "
            "the line of the loss itself stays, faintly."),
        )  # fmt: skip
        scale = url.pick(
            _("Loss scale"), [EVEN, LOG], name=url.SCALE, default=default_scale,
            show=option_name,
            help=_("On a log scale equal distances are equal factors, so small late gains show."),
        )  # fmt: skip
    return ChartView(axis=axis, smoothing=smoothing, log=scale == LOG)


def option_name(option: str) -> str:
    """A choice as people read it."""
    return translated(NAMES[option])


def last_step(run: RunSnapshot) -> int:
    """Where the axis of steps ends.

    At the last step where no more will come. Else at a half, a quarter, an eighth ... of the plan,
    so that what there is takes up a good part of the chart and the axis seldom changes.
    """
    last = run.last_logged or 0
    if last and (run.status is Status.FINISHED or run.has_diverged):
        return last
    end = run.steps
    while last and end >= 2 * FEWEST_STEPS and last <= end / 4:
        end = math.ceil(end / 2)
    return max(_rounded_up(end) if end < run.steps else end, last)


def _rounded_up(steps: int) -> int:
    """To two digits: an axis that ends at 3,907 has no good numbers to show."""
    unit: int = 10 ** max(0, len(str(steps)) - 2)
    return math.ceil(steps / unit) * unit
