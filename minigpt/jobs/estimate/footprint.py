"""The memory of a whole training process: the interpreter, the text, and what is computed."""

from minigpt.jobs.estimate.token_counts import TextFacts
from minigpt.runs.config import RunConfig
from minigpt.training.memory import training_bytes

BASE_BYTES = 330_000_000
"""Python and torch on Linux, before they hold anything."""
COMPILER_BYTES = 100_000_000
"""What else torch loads to translate a model to machine code."""
BYTES_PER_TOKEN = 8
BYTES_PER_CHARACTER = 3
"""A text is held as it was read, as it is, and in its two parts."""


def memory_bytes(config: RunConfig, text: TextFacts, *, base_bytes: float | None = None) -> int:
    """The most that a run takes at a time, all its processes together.

    Where a graphics card computes, all but `base_bytes` and the text is memory of the card. A
    large file is read from the disk as it is needed and does not count.
    """
    computing = training_bytes(
        config.model, config.training, config.compute, vocabulary_size=text.vocabulary_size
    )
    tokens = text.training_tokens + text.validation_tokens if text.characters else 0
    # While the text is cut into tokens they are there twice, and nothing is computed yet.
    held = BYTES_PER_CHARACTER * text.characters + BYTES_PER_TOKEN * tokens
    largest = held + max(computing, BYTES_PER_TOKEN * tokens)
    base, processes = base_bytes or BASE_BYTES, config.compute.processes
    largest += COMPILER_BYTES if config.compute.compile else 0
    started_by = base if processes > 1 else 0  # the process that starts the others and waits
    return round(started_by + processes * (base + largest))
