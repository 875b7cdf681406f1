"""`--dry-run`: what a training would take, without starting it."""

import json
from argparse import Namespace

from minigpt.cli.output import print_result, print_status
from minigpt.jobs.estimate.estimate import Estimate, measured_estimate
from minigpt.jobs.estimate.token_counts import count_tokens, require_enough_tokens
from minigpt.jobs.limits import Limits
from minigpt.jobs.submission import checked_config, with_origin
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore
from minigpt.sentences import N_
from minigpt.wording import time_range

DONE = 0


def dry_run(chosen: Namespace, config: RunConfig) -> int:
    """Check everything that starting would check, time a few steps, and say what all would take.

    Raises:
        MiniGPTError: the run could not be started.
    """
    print_status(N_("Timing a few steps; nothing is started ..."))
    config = checked_config(with_origin(RunStore.default(), config))
    text = count_tokens(config)
    require_enough_tokens(config, text)
    Limits.from_environment().require_size(config, vocabulary_size=text.vocabulary_size)
    estimated = measured_estimate(config, text)
    if chosen.json:
        print_result(json.dumps(as_json(estimated)))
    else:
        for line in as_lines(estimated):
            print_result(line)
    return DONE


def as_json(estimated: Estimate) -> dict[str, object]:
    """The estimate for other programs."""
    return {
        "parameters": estimated.parameters,
        "steps": estimated.steps,
        "tokens": estimated.tokens,
        "memory_bytes": estimated.memory_bytes,
        "flops": estimated.total_flops,
        "seconds": estimated.seconds,
        "seconds_at_least": estimated.fastest_seconds,
        "seconds_at_most": estimated.slowest_seconds,
        "basis": estimated.basis,
        "warnings": list(estimated.warnings),
        "notes": list(estimated.notes),
    }


def as_lines(estimated: Estimate) -> list[str]:
    """The estimate for people."""
    fastest, slowest = estimated.fastest_seconds, estimated.slowest_seconds
    time = N_("not known")
    if fastest is not None and slowest is not None:
        time = time_range(fastest, slowest)
    return [
        f"parameters  {estimated.parameters:,}",
        f"steps       {estimated.steps:,}",
        f"tokens      {estimated.tokens:,}",
        f"memory      {estimated.memory_bytes / 1e6:,.0f} MB",
        f"arithmetic  {estimated.total_flops:.3g} operations",
        f"time        {time}",
        *(f"warning     {warning}" for warning in estimated.warnings),
        *(f"note        {note}" for note in estimated.notes),
    ]
