"""What a training will take, said before it is started. Knows no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from minigpt.jobs import machine
from minigpt.jobs.estimate.analytic import can_guess, rough_calibration
from minigpt.jobs.estimate.calibration import Record, recorded
from minigpt.jobs.estimate.calibrator import calibrate
from minigpt.jobs.estimate.cautions import cautions, in_words
from minigpt.jobs.estimate.duration import duration
from minigpt.jobs.estimate.footprint import memory_bytes
from minigpt.jobs.estimate.token_counts import TextFacts, text_facts
from minigpt.models.sizes import parameter_count
from minigpt.runs.config import RunConfig
from minigpt.training.cost import evaluation_count, evaluation_flops, step_flops

Basis = Literal["measured", "rough"]


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
    flops_per_step: int
    total_flops: int
    """Of all steps and of all looks at the validation text."""
    seconds: float | None
    """From the start of its worker to its end; None where nothing tells how fast it is."""
    basis: Basis
    """Whether the seconds come from timing real steps here, or from arithmetic alone."""
    warnings: tuple[str, ...] = ()
    """What may go wrong or take long."""
    notes: tuple[str, ...] = ()
    """What the numbers rest on."""


def estimate(config: RunConfig, text: TextFacts) -> Estimate:
    """Estimate a training by what is known now; instant.

    Where it was measured here today that is used; `minigpt.jobs.estimate.calibrator` measures.
    """
    record = recorded(config, vocabulary_size=text.vocabulary_size)
    return _estimate(config, text, record)


def measured_estimate(config: RunConfig, text: TextFacts) -> Estimate:
    """Estimate a training after timing some of its steps, which takes ten seconds or more.

    Where that fails, or would take more memory than is free, the estimate is a rough one.
    """
    estimated = estimate(config, text)
    free = machine.available_memory()
    if free is not None and estimated.memory_bytes > free:
        return estimated  # it warns of that already
    record = calibrate(config, vocabulary_size=text.vocabulary_size)
    return _estimate(config, text, record)


def estimate_for_text(config: RunConfig) -> Estimate:
    """Read the text, time some steps, and estimate.

    Raises:
        MiniGPTError: the text or the tokenizer cannot be had.
    """
    return measured_estimate(config, text_facts(config))


def _estimate(config: RunConfig, text: TextFacts, record: Record) -> Estimate:
    model, training, size = config.model, config.training, text.vocabulary_size
    parts = record.calibration or rough_calibration(config, vocabulary_size=size)
    planned = _steps_ahead(config, text)
    expected = duration(config, text, parts, steps=planned)
    is_known = record.calibration is not None or can_guess(config)
    steps, seconds = (expected.steps, expected.seconds) if is_known else (planned, None)
    memory = memory_bytes(config, text, base_bytes=parts.base_bytes)
    step = step_flops(model, vocabulary_size=size, batch_size=training.batch_size)
    look = evaluation_flops(model, vocabulary_size=size, validation_tokens=text.validation_tokens)
    return Estimate(
        parameters=parameter_count(model, vocabulary_size=size),
        steps=steps,
        tokens=steps * training.batch_size * model.context_length,
        memory_bytes=memory,
        flops_per_step=step,
        total_flops=steps * step + evaluation_count(steps, training.evaluation_interval) * look,
        seconds=seconds,
        basis="measured" if record.calibration else "rough",
        warnings=tuple(cautions(config, text, memory_bytes=memory, seconds=seconds)),
        notes=tuple(_notes(config, text, record, steps=steps, planned=planned)),
    )


def _steps_ahead(config: RunConfig, text: TextFacts) -> int:
    last = config.training.planned_steps(
        context_length=config.model.context_length, training_tokens=text.training_tokens
    )
    # A fork goes on counting where it begins; fine-tuning counts from zero.
    done = config.start.step if config.start.kind == "fork" else 0
    return max(1, last - (done or 0))


def _notes(
    config: RunConfig, text: TextFacts, record: Record, *, steps: int, planned: int
) -> Iterator[str]:
    if record.problem:
        yield f"The time is a rough guess. {record.problem}"
    elif not record.calibration:
        yield "The time is a rough guess: no step of it was timed on this machine yet."
    if steps < planned:
        minutes = in_words(60 * config.training.minutes)
        yield f"Its limit of {minutes} ends it after about {steps:,} of {planned:,} steps."
    if text.is_sampled:
        yield "The tokens of this long text were counted in its beginning."
    if (processes := config.compute.processes) > 1:
        yield f"The memory is that of {processes} processes together."
