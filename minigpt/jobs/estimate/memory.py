"""How much memory a training takes, and refusing what needs more than is free.

Asked before any process starts, to time steps or to train: a machine whose memory is full stops
answering, and the system then ends whatever it likes. Knows no torch.
"""

from collections.abc import Callable

from minigpt.errors import ConfigurationError
from minigpt.jobs import machine
from minigpt.jobs.estimate.token_counts import TokenCounts
from minigpt.runs.config import RunConfig
from minigpt.training.cost import training_bytes

FreeMemory = Callable[[], int | None]
"""Bytes that can be had now; None where nobody can tell."""
GIGABYTE = 1e9

BASE_BYTES = 330_000_000
"""Python and torch on Linux, before they hold anything."""
COMPILER_BYTES = 100_000_000
"""What else torch loads to translate a model to machine code."""
BYTES_PER_TOKEN = 8
BYTES_PER_CHARACTER = 3
"""A text is held as it was read, as it is, and in its two parts."""


def memory_bytes(config: RunConfig, text: TokenCounts, *, base_bytes: float | None = None) -> int:
    """The most that a run takes at a time, all its processes together.

    Where a graphics card computes, all but `base_bytes` and the text is memory of the card. A
    large file is read from the disk as it is needed and does not count.
    """
    computing = training_bytes(
        config.model, config.training, config.compute, vocabulary_size=text.vocabulary_size
    )
    return _with_text(config, text, computing, base_bytes or BASE_BYTES)


def _with_text(config: RunConfig, text: TokenCounts, computing: int, base: int | float) -> int:
    tokens = text.training_tokens + text.validation_tokens if text.characters else 0
    # While the text is cut into tokens they are there twice, and nothing is computed yet.
    held = BYTES_PER_CHARACTER * text.characters + BYTES_PER_TOKEN * tokens
    largest = held + max(computing, BYTES_PER_TOKEN * tokens)
    processes = config.compute.processes
    largest += COMPILER_BYTES if config.compute.compile else 0
    started_by = base if processes > 1 else 0  # the process that starts the others and waits
    return round(started_by + processes * (base + largest))


def free_memory() -> int | None:
    """Bytes that can be had now; where the system does not say that, all that there are."""
    free = machine.available_memory()
    return machine.total_memory() if free is None else free


def fits_memory(
    config: RunConfig, text: TokenCounts, *, free: FreeMemory = free_memory, held: int = 0
) -> bool:
    """Whether a training needs no more memory than is free; true where nobody can tell.

    Args:
        config: its settings.
        text: what is known of its text; with less known of it, less is asked for.
        free: tells how many bytes can be had.
        held: bytes that its processes hold already.
    """
    available = free()
    return available is None or host_bytes(config, text) - held <= available


def require_memory(
    config: RunConfig, text: TokenCounts, *, free: FreeMemory = free_memory, held: int = 0
) -> None:
    """Refuse a training that needs more memory than is free; as `fits_memory`.

    Raises:
        ConfigurationError: that is so; with the settings that help.
    """
    available = free()
    needed = host_bytes(config, text) - held
    if available is None or needed <= available:
        return
    training, model = config.training, config.model
    raise ConfigurationError(
        "This training needs about {needed:,.1f} GB of memory; {available:,.1f} GB are free. "
        "Choose a smaller batch than {batch_size:,} or more gradient accumulation than "
        "{pieces:,}, a smaller model (now {parameters:,} parameters: fewer layers or a smaller "
        "width), or a context shorter than {context:,}. Or wait until other runs have ended.",
        field="training.batch_size",
        needed=needed / GIGABYTE,
        available=available / GIGABYTE,
        batch_size=training.batch_size,
        pieces=training.gradient_accumulation,
        parameters=model.parameter_count(text.vocabulary_size),
        context=model.context_length,
    )


def host_bytes(config: RunConfig, text: TokenCounts) -> int:
    """As `memory_bytes`, without what lies in the memory of a graphics card."""
    device = config.compute.device
    if device == "cpu" or (device == "auto" and not machine.has_graphics()):
        return memory_bytes(config, text)
    return _with_text(config, text, 0, BASE_BYTES)
