"""What a run would be and what it would take, said before it is started; and the Start button.

Time and memory come at once: the time from runs of the same shape that ended here, else as a rough
guess, and then from steps that are timed on this machine.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from minigpt.cli.equivalent import derived_command, equivalent_command
from minigpt.errors import MiniGPTError
from minigpt.jobs.estimate.calibration import calibrate_in_background
from minigpt.jobs.estimate.estimate import Estimate, estimate
from minigpt.jobs.estimate.memory import require_memory
from minigpt.jobs.estimate.token_counts import TokenCounts, require_enough_tokens
from minigpt.jobs.limits import Limits
from minigpt.jobs.machine import max_running
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.presets import nearest_preset
from minigpt.runs.status import Status
from ui import messages
from ui.components.glossary import meaning_of
from ui.components.plain_text import plain_text
from ui.i18n import _, translated
from ui.messages import escape
from ui.screens.train.starting_point import StartingPoint
from ui.services import counting, runs
from ui.services.texts import token_counts_of
from ui.session import url
from ui.session.form_state import FormState, current_form
from ui.session.identity import current_owner
from ui.session.unheard import draw_anew
from ui.wording import count, loss, number, size, time_range

TICK_SECONDS = 2


@dataclass(frozen=True)
class Order:
    """What a press of the button asks for."""

    config: RunConfig
    form: FormState
    """As it was filled in: to press twice is to ask for one run."""


def show_estimate(config: RunConfig, text: TokenCounts) -> None:
    """Time and memory, which fill in by themselves while one goes on with the form."""
    # While others train, a measurement would slow them down and tell of a busy machine.
    is_quiet = not any(run.status.has_worker for run in runs.all_runs())
    is_timed = is_quiet and _measure_in_background(config, text)
    waits = is_timed and estimate(config, text).basis == "rough"

    def draw() -> None:
        _draw_estimate(config, text, waits=waits)

    st.fragment(draw, run_every=TICK_SECONDS if waits else None)()


def _measure_in_background(config: RunConfig, text: TokenCounts) -> bool:
    return calibrate_in_background(config, vocabulary_size=text.vocabulary_size)


def _draw_estimate(config: RunConfig, text: TokenCounts, *, waits: bool) -> None:
    if waits and not _measure_in_background(config, text):
        draw_anew()  # it is known: the whole page once more, and the timer ends
    known = estimate(config, text)
    st.metric(_("Time"), time_in_words(known))
    st.caption(basis_in_words(known, waits=waits))
    st.caption(_("It takes about {memory} of memory.", memory=size(known.memory_bytes)))


def time_in_words(known: Estimate) -> str:
    """Between which times it will be done."""
    if known.fastest_seconds is None or known.slowest_seconds is None:
        return "?"
    return translated(time_range(known.fastest_seconds, known.slowest_seconds))


def basis_in_words(known: Estimate, *, waits: bool) -> str:
    """What the numbers rest on."""
    if waits:
        return _("A rough guess; some steps are being timed on this machine …")
    return escape(" ".join(map(translated, known.notes)))


LONGEST_NAME = 80
NAME_KEY = "train-name"
ORDERED = "train-ordered"
"""Under which the session holds what was on the screen at the press."""
BOX = "launch-box"
LONGEST_SHOWN = 300
"""Characters of a command; in a longer one, people scroll."""
# Where there is room beside the form, the box stays in view while one scrolls through it.
STYLE = f"""<style>@media (min-width: 640px) {{
  [data-testid="stLayoutWrapper"]:has(> .st-key-{BOX}) {{
    position: sticky; top: 4rem; max-height: calc(100vh - 5rem); overflow-y: auto;
  }}
}}</style>"""


@contextmanager
def launch_box() -> Iterator[None]:
    """The frame around what is said of the run."""
    st.html(STYLE)
    with st.container(border=True, key=BOX):
        st.subheader(_("What you are about to start"), anchor=False)
        yield


def describe_cost(config: RunConfig) -> tuple[str, ...]:
    """Its size and what it takes: what decides whether to press the button.

    Returns what should be known before the button is pressed.

    Raises:
        MiniGPTError: the tokenizer cannot be had, or the training is larger than is allowed here.
    """
    text = token_counts_of(config)
    known = estimate(config, text)
    Limits.from_environment().require_size(config, vocabulary_size=text.vocabulary_size)
    left, right = st.columns([3, 2])
    left.metric(_("Parameters"), number(known.parameters), help=meaning_of("parameter"))
    right.metric(
        _("Text seen"), f"{number(known.tokens / max(1, text.training_tokens))} ×",
        help=_("How often training reads as many tokens as the text has. Well above 10 on a "
        "small text, a model starts to memorise.") + "\n\n" + meaning_of("token"),
    )  # fmt: skip
    show_estimate(config, text)
    return known.warnings


def show_forecast(starting_point: StartingPoint, config: RunConfig) -> None:
    """The work, what loss to expect, and the command that does the same; below the button."""
    text = token_counts_of(config)
    st.caption(_work(config, estimate(config, text).steps), help=meaning_of("step", "token"))
    st.caption(
        _expectation(starting_point, config, text.vocabulary_size),
        help=meaning_of("loss", "validation", "nats"),
    )
    _show_command(starting_point, config)


def require_room(config: RunConfig) -> None:
    """Refuse what cannot be started here; below what is said of it, where the button would be.

    Raises:
        MiniGPTError: it needs more memory than is free, or more text than there is.
    """
    text = token_counts_of(config)
    require_enough_tokens(config, text)
    require_memory(config, text)


def _show_command(starting_point: StartingPoint, config: RunConfig) -> None:
    st.caption(_("The same from a terminal:"))
    words = command(starting_point, config)
    plain_text(words, tallest=None if len(words) <= LONGEST_SHOWN else 190)


def command(starting_point: StartingPoint, config: RunConfig) -> str:
    """The command line that starts the same run."""
    if starting_point.source is not None:
        return derived_command(starting_point.source.config(), config)
    return equivalent_command(starting_point.preset or nearest_preset(config), config)


def start_button(
    config: RunConfig, *, suggested_name: str, warnings: tuple[str, ...] = ()
) -> RunDirectory | None:
    """The run's name, what to know beforehand, and the button; the run, once it is pressed."""
    form = current_form()
    st.session_state[NAME_KEY] = (form.get_value(url.NAME) or "")[:LONGEST_NAME]
    name = st.text_input(
        _("Name"), placeholder=suggested_name, max_chars=LONGEST_NAME,
        **form.bind_widget(url.NAME, NAME_KEY, ""),
    )  # fmt: skip
    for warning in warnings:
        st.warning(messages.escape(translated(warning)), icon=":material/warning:")
    if not _is_ordered(config):
        return None
    ordered = st.session_state[ORDERED].form
    with st.spinner(_("Starting …")), messages.errors_shown():
        try:
            return runs.start_run(
                config, name=name or suggested_name, owner=current_owner(),
                idempotency_key=ordered.id,
            )  # fmt: skip
        except MiniGPTError:
            # What went wrong may have left a run behind; the next attempt shall be another one.
            ordered.renew_id()
            raise


def _is_ordered(config: RunConfig) -> bool:
    """Draw the button; whether it was pressed while this very configuration was on the screen."""
    pressed = st.button(
        button_words(), type="primary", icon=":material/play_arrow:", key="train-start",
        on_click=_note_ordered, args=(Order(config, current_form()),),
    )  # fmt: skip
    ordered: Order | None = st.session_state.get(ORDERED)
    is_as_shown = ordered is not None and ordered.config == config
    if pressed and not is_as_shown:
        st.info(
            _(
                "A setting changed just as you pressed the button. This box now shows what would "
                "be started; press the button again to start that."
            ),
            icon=":material/refresh:",
        )
    return pressed and is_as_shown


def _note_ordered(order: Order) -> None:
    # Streamlit calls this with what the box showed when the button was drawn, before the page is
    # computed once more. What has not been shown is never started. A second press that comes when
    # the server has gone to the run's page is another visit of this one; it is of the same form,
    # with which this was called the first time.
    st.session_state[ORDERED] = order


def button_words() -> str:
    """What pressing the button does at this moment."""
    statuses = [run.status for run in runs.all_runs()]
    waiting = sum(status is Status.QUEUED for status in statuses)
    if waiting:
        return _("Start training (will wait: {waiting} before it)", waiting=waiting)
    is_full = sum(status.has_worker for status in statuses) >= max_running()
    return _("Start training (will wait for a slot)") if is_full else _("Start training")


def _work(config: RunConfig, steps: int) -> str:
    window = config.training.batch_size * config.model.context_length
    if config.start.kind == "fork":
        return _("{steps:,} more steps of {window:,} tokens each.", steps=steps, window=window)
    return _("{steps:,} steps of {window:,} tokens each.", steps=steps, window=window)


def _expectation(starting_point: StartingPoint, config: RunConfig, vocabulary_size: int) -> str:
    """What is known of the loss beforehand: where it starts, and what plain counting reaches."""
    begins = _(
        "The loss starts near **{even:.4f}**, as bad as guessing evenly among "
        "{vocabulary_size} kinds of token, and should fall from there.",
        even=math.log(vocabulary_size),
        vocabulary_size=count(vocabulary_size),
    )
    if starting_point.source is not None:
        stands = loss(starting_point.validation_loss)
        begins = _(
            "The model was last judged at a validation loss of **{stands}** on its old text.",
            stands=stands,
        )
    return " ".join([begins, *_references(config)])


def _references(config: RunConfig) -> list[str]:
    # Only a character model's loss can be compared with counts of characters.
    if config.tokenizer.kind != "character" or config.corpus.path:
        return []
    counted = counting.counting_lines(config.corpus.name, config.corpus.validation)
    best = min(counted, key=counted.__getitem__)
    least = counting.rule_loss(config.corpus.name, config.corpus.validation)
    floor = [] if least is None else [
        _(
            "Whoever knows the rule that its lines are made by reaches {value}; no model gets much "
            "below that.",
            value=loss(least),
        )
    ]  # fmt: skip
    return [
        _(
            "The best of plain counting, {guesser}, reaches {value} on this text: below that, it "
            "has learnt what counting cannot.",
            guesser=translated(best),
            value=loss(counted[best]),
        ),
        *floor,
    ]
