"""A measurement and a text for tests, in round numbers."""

import dataclasses

from minigpt.jobs.estimate.calibration import TimingProcess
from minigpt.jobs.estimate.measurements import Calibration
from minigpt.jobs.estimate.token_counts import TokenCounts

PARTS = Calibration(
    start_seconds=2.0,
    step_seconds=0.1,
    log_row_seconds=0.001,
    evaluation_window_seconds=0.01,
    token_seconds=0.002,
    weights_seconds=0.01,
    state_seconds=0.03,
    base_bytes=3e8,
    flops_per_second=1e11,
)
ANSWER = {"calibration": dataclasses.asdict(PARTS)}
TEXT = TokenCounts(
    vocabulary_size=24, training_tokens=900, validation_tokens=81, characters=1000, seconds=0.5
)
PATIENT = TimingProcess(limit_seconds=240.0)
"""For what is asked here is the answer, however little of the machine is left for it."""
