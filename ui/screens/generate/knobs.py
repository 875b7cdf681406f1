"""What decides a text: its beginning, how its tokens are drawn, and the seed."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.configuration import field_help
from minigpt.sampling.distribution import SamplingConfig
from ui.components.model_picker import ChosenModel
from ui.i18n import _, browser_format, translated
from ui.messages import escape
from ui.screens.inspect.attention import default_text, show_unknown
from ui.services import texts
from ui.session import url
from ui.session.texts import STOP, TextSettings, read_stop_lines

MOST_TOKENS, MOST_SAMPLES, LONGEST_STOP = 2000, 8, 200
LARGEST_SEED = 2**31 - 1 - MOST_SAMPLES
ADVANCED = ("min_p", "repetition_penalty", "samples", STOP)


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """What the knobs say."""

    sampling: SamplingConfig
    tokens: int
    seed: int
    samples: int
    stop: tuple[str, ...]


@dataclass(frozen=True)
class MoreKnobs:
    """What most people leave alone."""

    min_p: float
    penalty: float
    samples: int = 1
    stop: tuple[str, ...] = ()


def choose_prompt(chosen: ChosenModel) -> str:
    """The box for what the model continues, and what is to be said about it."""
    prompt = url.write_lines(
        _("Begin with"), name=url.PROMPT, default=first_prompt(chosen), longest=2000,
        help=_(
            "The model continues this, one token at a time. Left empty, it begins after a line "
            "break."
        ),
    )  # fmt: skip
    show_unknown(chosen, prompt)
    show_beginning(chosen, prompt)
    return prompt


def first_prompt(chosen: ChosenModel) -> str:
    """A beginning from the run's own text, for somebody who has not typed one."""
    found = texts.example_line(chosen.run_id)
    return found.prompt if found else default_text(chosen, chosen.trained.model.context_length)


def show_beginning(chosen: ChosenModel, prompt: str) -> None:
    """What the model begins with where nobody gave it a beginning."""
    if note := chosen.trained.beginning_note(prompt):
        st.caption(escape(translated(note)))


def choose_knobs() -> Knobs:
    """How the next token is drawn, how many there will be, how many texts, and the seed.

    Raises:
        ConfigurationError: a value is out of range.
    """
    return _all_knobs(_more_knobs)


def knobs_of_one() -> Knobs:
    """The same for one text of that many tokens.

    Raises:
        ConfigurationError: a value is out of range.
    """
    return _all_knobs(_filters)


def _all_knobs(more: Callable[[], MoreKnobs]) -> Knobs:
    temperature, top_k, top_p, tokens, seed = _main_knobs()
    is_used = any(url.in_url(name) for name in ADVANCED)
    # What most people leave alone: open where the address says something of it.
    with st.expander(_("More knobs"), expanded=is_used, type="compact"):
        found = more()
    sampling = SamplingConfig(
        temperature=temperature, top_k=top_k, top_p=top_p, min_p=found.min_p,
        repetition_penalty=found.penalty,
    )  # fmt: skip
    return Knobs(
        sampling=sampling, tokens=tokens, seed=seed, samples=found.samples, stop=found.stop
    )


def _main_knobs() -> tuple[float, int, float, int, int]:
    """Temperature, top-k and top-p, how many tokens, and the seed."""
    texts, columns = field_help(SamplingConfig), st.columns(5)
    temperature = columns[0].slider(
        _("Temperature"), 0.0, 2.0, 0.8, 0.05, help=translated(texts["temperature"]),
        key="temperature", bind="query-params", format=browser_format(),
    )  # fmt: skip
    with columns[1]:
        top_k = _whole(_("Top-k"), 0, 10_000, 0, 1, "top_k", translated(texts["top_k"]))
    top_p = columns[2].slider(
        _("Top-p"), 0.05, 1.0, 1.0, 0.05, help=translated(texts["top_p"]), key="top_p",
        bind="query-params", format=browser_format(),
    )  # fmt: skip
    with columns[3]:
        tokens = _whole(
            _("Tokens"), 1, MOST_TOKENS, 200, 50, "tokens", _("How many tokens to add.")
        )
    with columns[4]:
        seed = _whole(
            _("Seed"), 0, LARGEST_SEED, 1337, 1, "seed", _("Equal seeds give equal text.")
        )
    return temperature, top_k, top_p, tokens, seed


def _more_knobs() -> MoreKnobs:
    columns = st.columns(4)
    found = _two_filters(*columns[:2])
    with columns[2]:
        samples = _whole(
            _("Texts"), 1, MOST_SAMPLES, 1, 1, "samples",
            _("How many texts to write at once: the first with this seed, then the next ones."),
        )  # fmt: skip
    with columns[3]:
        stop = choose_stop()
    return replace(found, samples=samples, stop=stop)


def _filters() -> MoreKnobs:
    return _two_filters(*st.columns(4)[:2])


def _two_filters(left: DeltaGenerator, right: DeltaGenerator) -> MoreKnobs:
    texts = field_help(SamplingConfig)
    min_p = left.slider(
        _("Min-p"), 0.0, 1.0, 0.0, 0.01, help=translated(texts["min_p"]), key="min_p",
        bind="query-params", format=browser_format(),
    )  # fmt: skip
    penalty = right.slider(
        _("Repetition penalty"), 1.0, 2.0, 1.0, 0.05,
        help=translated(texts["repetition_penalty"]), key="repetition_penalty",
        bind="query-params", format=browser_format(),
    )  # fmt: skip
    return MoreKnobs(min_p, penalty)


def choose_stop() -> tuple[str, ...]:
    """Where texts end before they are as long as they may be."""
    lines = st.text_area(
        _("Stop at"), key=STOP, max_chars=LONGEST_STOP, height=68, bind="query-params",
        help=_("A text ends before the first of these. One a line; \\n stands for a line break."),
    )  # fmt: skip
    return read_stop_lines(lines)


def _whole(label: str, least: int, most: int, default: int, step: int, key: str, help: str) -> int:
    # Asked for as a number with a fraction: of an address that says "1e400", Streamlit ignores
    # what such a box cannot hold, and fails with one for whole numbers.
    given = st.number_input(
        label, float(least), float(most), float(default), float(step), format="%.0f", help=help,
        key=key, bind="query-params",
    )  # fmt: skip
    return int(given)


def settings_of(chosen: ChosenModel, prompt: str, knobs: Knobs) -> TextSettings:
    """All that decides the texts that would be written now."""
    sampling = knobs.sampling
    return TextSettings(
        run=chosen.run_id, step=chosen.step, prompt=prompt, temperature=sampling.temperature,
        top_k=sampling.top_k, top_p=sampling.top_p, min_p=sampling.min_p,
        repetition_penalty=sampling.repetition_penalty, stop=knobs.stop, samples=knobs.samples,
        tokens=knobs.tokens, seed=knobs.seed,
    )  # fmt: skip


def sampling_of(settings: TextSettings) -> SamplingConfig:
    """How the tokens of a text are drawn."""
    return SamplingConfig(
        temperature=settings.temperature, top_k=settings.top_k, top_p=settings.top_p,
        min_p=settings.min_p, repetition_penalty=settings.repetition_penalty,
    )  # fmt: skip
