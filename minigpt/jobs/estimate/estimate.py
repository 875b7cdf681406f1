"""What a training will take, said before it is started: steps, time, memory, and warnings.

The time is a range, and a note tells what it rests on; the memory is that of all its processes, the
interpreter and the text included. Knows no torch.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from minigpt import wording
from minigpt.jobs import machine
from minigpt.jobs.estimate.analytic import can_guess
from minigpt.jobs.estimate.calibration import HERE, TimingProcess, calibrate
from minigpt.jobs.estimate.measurements import CalibrationResult, recorded_machine, recorded_result
from minigpt.jobs.estimate.memory import fits_memory, memory_bytes
from minigpt.jobs.estimate.time_range import Basis, TimeRange, time_range
from minigpt.jobs.estimate.token_counts import TokenCounts, count_tokens
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS, nearest_preset
from minigpt.sentences import N_, Sentence, numeral, plural
from minigpt.training.cost import evaluation_count, evaluation_flops, step_flops

LONG_SECONDS = 3600.0
GIGABYTE = 1e9
FAR_ABOVE, FAR_ABOVE_ALONE, FAR_BELOW = 50.0, 1000.0, 100.0
"""So many times a preset's learning rate, or a part of it, is worth a word before the start.

Tried with 60 to 200 steps: at 50 times, `quick` leapt from 4.6 to 46, `transformer` at 100 times
from 4.9 to 29. Models in which tokens do not look at each other bear more: `bigram` learnt better
at 100 times, and ended far above its best from 1,000 times on.
"""


def warnings_for(
    config: RunConfig, text: TokenCounts, *, memory_bytes: int, seconds: int | float | None
) -> Iterator[str]:
    """What may go wrong or take long, the worst first."""
    yield from _too_short(config, text)
    if config.compute.device in ("auto", "cpu"):
        yield from _too_large(memory_bytes)
    if seconds is not None and seconds > LONG_SECONDS:
        yield (
            Sentence(
                "This takes about {seconds} on this machine. Fewer steps, a smaller model or a "
                "shorter context take less.",
                seconds=wording.duration(seconds),
            )
        )
    yield from _far_rate(config)
    yield from _too_crowded(config)


def _too_short(config: RunConfig, text: TokenCounts) -> Iterator[str]:
    context = config.model.context_length
    if min(text.training_tokens, text.validation_tokens) <= context:
        yield (
            Sentence(
                "The text is too short for a context of {context:,}: it has {training_tokens:,} "
                "tokens to train on and {validation_tokens:,} to be judged by, and both must be "
                "more. Use a longer text or a shorter context.",
                context=context,
                training_tokens=text.training_tokens,
                validation_tokens=text.validation_tokens,
            )
        )


def _too_large(memory_bytes: int) -> Iterator[str]:
    smaller = Sentence("Choose a smaller batch, width or context, or cut the batch into pieces.")
    total, available = machine.total_memory(), machine.available_memory()
    if total is not None and memory_bytes > total:
        yield Sentence(
            "This training needs about {needed:.1f} GB of memory; this machine has {total:.1f} "
            "GB. {smaller}",
            needed=memory_bytes / GIGABYTE,
            total=total / GIGABYTE,
            smaller=smaller,
        )
    elif available is not None and memory_bytes > available:
        yield (
            Sentence(
                "This training needs about {needed:.1f} GB of memory; only {available:.1f} GB are "
                "free now. Close other programs, or wait until other runs have ended. {smaller}",
                needed=memory_bytes / GIGABYTE,
                available=available / GIGABYTE,
                smaller=smaller,
            )
        )


def _far_rate(config: RunConfig) -> Iterator[str]:
    preset = PRESETS[nearest_preset(config)]
    mine, theirs = config.training.learning_rate, preset.config.training.learning_rate
    if config.training.optimizer != preset.config.training.optimizer:
        return
    ratio = mine / theirs
    if ratio >= (FAR_ABOVE if config.model.attention_layers else FAR_ABOVE_ALONE):
        template = N_(
            "The learning rate is {mine}: {ratio} times the {theirs} of the preset “{preset}”, to "
            "which these settings are nearest. So high a rate often breaks a training: its loss "
            "leaps, or stays far above what it could reach."
        )
    elif 1 / ratio >= FAR_BELOW and not config.start.run:
        template = N_(
            "The learning rate is {mine}: {ratio} times less than the {theirs} of the preset "
            "“{preset}”, to which these settings are nearest. With so low a rate the loss hardly "
            "moves in this many steps."
        )
    else:
        return
    yield Sentence(
        template,
        mine=numeral(mine, "g"),
        theirs=numeral(theirs, "g"),
        preset=Sentence(preset.title),
        ratio=numeral(float(f"{max(ratio, 1 / ratio):.2g}"), ",.0f"),
    )


def _too_crowded(config: RunConfig) -> Iterator[str]:
    processes, threads = config.compute.processes, machine.threads_for(config.compute)
    if processes * threads > machine.cores():
        yield (
            Sentence(
                "{threads} threads in all share the {cores} cores of this machine and wait for "
                "each other. Use fewer processes or threads.",
                threads=processes * threads,
                cores=machine.cores(),
            )
        )


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a training will take, unless patience ends it before."""

    parameters: int
    """Numbers that it adjusts."""
    steps: int
    """Updates until steps, epochs or minutes end it, whichever is first."""
    tokens: int
    """Tokens that it learns from, counting repetitions."""
    memory_bytes: int
    """The most that all its processes hold at a time; on a graphics card, most of it is there."""
    total_flops: int
    """Of all steps and of all evaluations."""
    seconds: float | None
    """Most likely, from the start of its worker to its end; None where nothing tells its speed."""
    basis: Basis
    """What the seconds come from: runs of the same shape that ended here, steps that were timed, on
    a quiet machine (measured) or on a busy one, or arithmetic alone (rough)."""
    fastest_seconds: float | None = None
    """At the least: on a quiet machine."""
    slowest_seconds: float | None = None
    """At the most: on one as busy as it is now."""
    warnings: tuple[str, ...] = ()
    """What may go wrong or take long."""
    notes: tuple[str, ...] = ()
    """What the numbers rest on."""


def estimate(
    config: RunConfig, text: TokenCounts, *, load: Callable[[], float] = machine.load
) -> Estimate:
    """Estimate a training by what is known now; instant.

    What runs of its shape took here is used, or what was timed today;
    `minigpt.jobs.estimate.calibration` does that.

    Args:
        config: the run.
        text: what it learns from.
        load: programs that compute on this machine now.
    """
    result = recorded_result(config, vocabulary_size=text.vocabulary_size)
    return _estimate(config, text, result, load)


def measured_estimate(
    config: RunConfig,
    text: TokenCounts,
    *,
    load: Callable[[], float] = machine.load,
    process: TimingProcess = HERE,
) -> Estimate:
    """Estimate a training after timing some of its steps, which takes ten seconds or more.

    Where that fails, or would take more memory than is free, the estimate is a rough one.
    """
    # The text counts too, which is not there while steps are timed.
    if not fits_memory(config, text):
        return estimate(config, text, load=load)  # it warns of that already
    now = load()  # before: timing is work as well
    result = calibrate(config, vocabulary_size=text.vocabulary_size, process=process)
    return _estimate(config, text, result, lambda: now)


def estimate_for_text(config: RunConfig, *, process: TimingProcess = HERE) -> Estimate:
    """Read the text, time some steps, and estimate.

    Raises:
        MiniGPTError: the text or the tokenizer cannot be had.
    """
    return measured_estimate(config, count_tokens(config), process=process)


def _estimate(
    config: RunConfig, text: TokenCounts, result: CalibrationResult, load: Callable[[], float]
) -> Estimate:
    model, training, size = config.model, config.training, text.vocabulary_size
    planned = _steps_ahead(config, text)
    told = time_range(config, text, result, steps=planned, load=load)
    is_known = told.basis != "rough" or can_guess(config)
    steps, seconds = (told.likely.steps, told.likely.seconds) if is_known else (planned, None)
    timed = result.calibration or recorded_machine(config).calibration
    memory = memory_bytes(config, text, base_bytes=timed.base_bytes if timed else None)
    return Estimate(
        parameters=model.parameter_count(size),
        steps=steps,
        tokens=steps * training.batch_size * model.context_length,
        memory_bytes=memory,
        total_flops=_total_flops(config, text, steps),
        seconds=seconds,
        fastest_seconds=told.fastest.seconds if is_known else None,
        slowest_seconds=told.slowest.seconds if is_known else None,
        basis=told.basis,
        warnings=tuple(warnings_for(config, text, memory_bytes=memory, seconds=seconds)),
        notes=(
            *_told_from(told, result.problem),
            *_notes(config, text, steps=steps, planned=planned),
        ),
    )


def _total_flops(config: RunConfig, text: TokenCounts, steps: int) -> int:
    model, training, size = config.model, config.training, text.vocabulary_size
    step = step_flops(model, vocabulary_size=size, batch_size=training.batch_size)
    look = evaluation_flops(
        model,
        vocabulary_size=size,
        training_tokens=text.training_tokens,
        validation_tokens=text.validation_tokens,
    )
    return steps * step + evaluation_count(steps, training.evaluation_interval) * look


def _steps_ahead(config: RunConfig, text: TokenCounts) -> int:
    last = config.training.planned_steps(
        context_length=config.model.context_length, training_tokens=text.training_tokens
    )
    # A fork goes on counting where it begins; fine-tuning counts from zero.
    done = config.start.step if config.start.kind == "fork" else 0
    return max(1, last - (done or 0))


def _told_from(told: TimeRange, problem: str) -> Iterator[str]:
    if told.basis == "runs":
        yield plural(
            "The time is told from {count} finished run of this shape on this machine.",
            "The time is told from {count} finished runs of this shape on this machine.",
            told.runs,
        )
    elif told.basis == "measured":
        yield N_("The time is measured: some steps were timed on this machine while it was quiet.")
    elif told.basis == "busy":
        yield N_(
            "The time is a guess: some steps were timed while other programs kept this machine "
            "busy, and what the processor spent on them was told apart."
        )
    elif problem:
        yield Sentence("The time is a rough guess. {problem}", problem=Sentence(problem))
    else:
        yield N_("The time is a rough guess: no step of it was timed on this machine yet.")
    if told.crowding > 1:
        yield N_("The longer one is for a machine as busy as it is now.")


def _notes(config: RunConfig, text: TokenCounts, *, steps: int, planned: int) -> Iterator[str]:
    if steps < planned:
        minutes = wording.duration(60 * config.training.minutes)
        yield Sentence(
            "Its limit of {minutes} ends it after about {steps:,} of {planned:,} steps.",
            minutes=minutes,
            steps=steps,
            planned=planned,
        )
    if text.is_sampled:
        yield N_("The tokens of this long text were counted in its beginning.")
    if (processes := config.compute.processes) > 1:
        yield Sentence("The memory is that of {processes} processes together.", processes=processes)
