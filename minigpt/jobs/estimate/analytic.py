"""The duration of a training by arithmetic, and its parts where nothing was measured.

`duration` adds up what the parts take, wherever they come from; `analytic_calibration` derives the
parts from operations and bytes, at the speed last measured here or a slow machine's; and
`typical_seconds` does both for a training whose text is not read yet.
"""

from dataclasses import dataclass

from minigpt.checkpoints.manifest import log_spaced_steps
from minigpt.jobs import machine
from minigpt.jobs.estimate.measurements import Calibration, recorded_machine
from minigpt.jobs.estimate.token_counts import TokenCounts
from minigpt.jobs.worker.throughput import SAVING_SHARE
from minigpt.runs.config import RunConfig
from minigpt.training.cost import (
    evaluation_count,
    evaluation_windows,
    optimizer_bytes,
    step_flops,
    training_part_windows,
    weight_bytes,
)

# Of one slow processor core, for as long as nothing was measured.
START_SECONDS = 4.0
FLOPS_PER_SECOND_AND_THREAD = 5e10
OPERATION_SECONDS = 4e-6
UPDATE_SECONDS = 2.6e-9
"""Moving one weight once, on one thread: memory sets the pace."""
# Fitted to fourteen models of one to six layers, which it foretells within a factor of two.
SHARE_OF_SPEED = 0.45
OPERATIONS, OPERATIONS_PER_LAYER = 400, 900
FORWARD_SHARE = 0.25
"""Of the operations of a step, the part that a look or a new token takes too."""
DISK_BYTES_PER_SECOND = 2e8
FILE_SECONDS = 0.005


def can_guess(config: RunConfig) -> bool:
    """Whether anything tells how fast the device of a run is: not of a card that was never used."""
    device = config.compute.device
    is_processor = device == "cpu" or (device == "auto" and not machine.has_graphics())
    return is_processor or recorded_machine(config).calibration is not None


def analytic_calibration(config: RunConfig, *, vocabulary_size: int) -> Calibration:
    """What the parts take by their arithmetic, at the speed last measured here or a slow one's."""
    known = recorded_machine(config).calibration
    threads = machine.threads_for(config.compute)
    speed = (known and known.flops_per_second) or FLOPS_PER_SECOND_AND_THREAD * threads
    operation = (known and known.operation_seconds) or OPERATION_SECONDS
    model, rows = config.model, config.training.batch_size / config.compute.processes
    speed *= SHARE_OF_SPEED
    step = step_flops(model, vocabulary_size=vocabulary_size, batch_size=1) * rows / speed
    # Large models are bound by products of matrices, small ones by the number of operations: the
    # two are added, since which of them it is need not be known then.
    step += UPDATE_SECONDS * model.parameter_count(vocabulary_size)
    token = model.forward_flops(vocabulary_size) / speed
    overhead = operation * (OPERATIONS + OPERATIONS_PER_LAYER * model.attention_layers)
    shapes = model.parameter_shapes(vocabulary_size)
    weights = weight_bytes(shapes)
    state = weights + optimizer_bytes(shapes, config.training.optimizer)
    read = min(model.context_length, max(1, config.logging.sample_tokens))
    return Calibration(
        start_seconds=known.start_seconds if known else START_SECONDS,
        step_seconds=step + overhead * config.training.gradient_accumulation,
        log_row_seconds=0.0,
        evaluation_window_seconds=model.context_length * token,
        token_seconds=read * token + FORWARD_SHARE * overhead,
        weights_seconds=FILE_SECONDS + weights / DISK_BYTES_PER_SECOND,
        state_seconds=FILE_SECONDS + state / DISK_BYTES_PER_SECOND,
        base_bytes=known.base_bytes if known else None,
    )


STAND_IN = TokenCounts(
    vocabulary_size=65, training_tokens=1_000_000, validation_tokens=100_000, characters=1_100_000
)
"""A text of middling length, where it is not known yet which one it will be."""


def typical_seconds(config: RunConfig) -> float | None:
    """What a training takes on a quiet machine, by arithmetic alone, to compare one with another.

    None where nothing tells how fast its device is.
    """
    if not can_guess(config):
        return None
    size = config.tokenizer.vocabulary_size or STAND_IN.vocabulary_size
    parts = analytic_calibration(config, vocabulary_size=size)
    steps = config.training.planned_steps(
        context_length=config.model.context_length, training_tokens=STAND_IN.training_tokens
    )
    return duration(config, STAND_IN, parts, steps=steps).seconds


MOST_ROWS = 2000
"""Of a long training, about so many steps are written down."""
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class Duration:
    """How long a run takes, and how far it gets in that time."""

    seconds: float
    steps: int


def duration(config: RunConfig, text: TokenCounts, parts: Calibration, *, steps: int) -> Duration:
    """The time from the start of the worker to its end, unless patience ends it before.

    `steps` is where steps and epochs end it; a limit of time may do so earlier.
    """
    crowd = _waiting_for_each_other(config)
    length = config.model.context_length
    windows = evaluation_windows(text.validation_tokens, length)
    windows += training_part_windows(text.training_tokens, length, most=windows)
    look = windows / config.compute.processes * parts.evaluation_window_seconds * crowd
    look += config.logging.sample_tokens * parts.token_seconds + parts.log_row_seconds
    looks = evaluation_count(steps, config.training.evaluation_interval)
    kept = len(log_spaced_steps(steps, config.logging.checkpoints))
    rows = min(steps, steps // max(1, steps // MOST_ROWS))
    training = (
        steps * parts.step_seconds * crowd
        + rows * parts.log_row_seconds
        + (looks - 1) * look
        + (looks + kept) * parts.weights_seconds
    )
    # Saves for going on take a bounded share of the time, besides the one at the end.
    training += parts.state_seconds + min(SAVING_SHARE * training, looks * parts.state_seconds)
    allowed = config.training.minutes * SECONDS_PER_MINUTE or training
    share = min(1.0, allowed / training) if training else 1.0
    starts = 2 if config.compute.processes > 1 else 1  # one process that starts the others
    before = starts * parts.start_seconds + text.seconds + parts.compile_seconds + look
    return Duration(seconds=before + share * training, steps=max(1, int(share * steps)))


def _waiting_for_each_other(config: RunConfig) -> float:
    """How many times longer the processes of a run take because they share the cores."""
    threads = machine.threads_for(config.compute) * config.compute.processes
    return max(1.0, threads / machine.cores()) if config.compute.processes > 1 else 1.0
