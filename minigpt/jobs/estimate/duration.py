"""From what the parts of a training take to what all of it takes. Pure arithmetic."""

from dataclasses import dataclass

from minigpt.checkpoints.manifest import log_spaced_steps
from minigpt.jobs import capacity
from minigpt.jobs.estimate.calibration import Calibration
from minigpt.jobs.estimate.token_counts import TextFacts
from minigpt.jobs.worker.throughput import SAVING_SHARE
from minigpt.runs.config import RunConfig
from minigpt.training.cost import evaluation_count, evaluation_windows

MOST_ROWS = 2000
"""Of a long training, about so many steps are written down."""
SECONDS_PER_MINUTE = 60


@dataclass(frozen=True, kw_only=True)
class Duration:
    """How long a run takes, and how far it gets in that time."""

    seconds: float
    steps: int


def duration(config: RunConfig, text: TextFacts, parts: Calibration, *, steps: int) -> Duration:
    """The time from the start of the worker to its end, unless patience ends it before.

    `steps` is where steps and epochs end it; a limit of time may do so earlier.
    """
    crowd = _waiting_for_each_other(config)
    windows = evaluation_windows(text.validation_tokens, config.model.context_length)
    look = windows / config.compute.processes * parts.window_seconds * crowd
    look += config.logging.sample_tokens * parts.token_seconds + parts.row_seconds
    looks = evaluation_count(steps, config.training.evaluation_interval)
    kept = len(log_spaced_steps(steps, config.logging.checkpoints))
    rows = min(steps, steps // max(1, steps // MOST_ROWS))
    training = (
        steps * parts.step_seconds * crowd
        + rows * parts.row_seconds
        + (looks - 1) * look
        + (looks + kept) * parts.weights_seconds
    )
    training += parts.state_seconds + min(SAVING_SHARE * training, looks * parts.state_seconds)
    allowed = config.training.minutes * SECONDS_PER_MINUTE or training
    share = min(1.0, allowed / training) if training else 1.0
    starts = 2 if config.compute.processes > 1 else 1  # one process that starts the others
    before = starts * parts.start_seconds + text.seconds + parts.compile_seconds + look
    return Duration(seconds=before + share * training, steps=max(1, int(share * steps)))


def _waiting_for_each_other(config: RunConfig) -> float:
    """How many times longer the processes of a run take because they share the cores."""
    threads = capacity.threads_for(config.to_dict()) * config.compute.processes
    return max(1.0, threads / capacity.cores()) if config.compute.processes > 1 else 1.0
