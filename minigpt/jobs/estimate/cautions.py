"""What people should know before they start a training, in plain words."""

from collections.abc import Iterator

from minigpt.jobs import capacity, machine
from minigpt.jobs.estimate.token_counts import TextFacts
from minigpt.runs.config import RunConfig

LONG_SECONDS = 3600.0
GIGABYTE = 1e9


def cautions(
    config: RunConfig, text: TextFacts, *, memory_bytes: int, seconds: int | float | None
) -> Iterator[str]:
    """What may go wrong or take long, the worst first."""
    yield from _too_short(config, text)
    if config.compute.device in ("auto", "cpu"):
        yield from _too_large(memory_bytes)
    if seconds is not None and seconds > LONG_SECONDS:
        yield (
            f"This takes about {in_words(seconds)} on this machine. Fewer steps, a smaller model "
            "or a shorter context take less."
        )
    yield from _too_crowded(config)


def in_words(seconds: int | float) -> str:
    """A time span, as exact as an estimate can be.

    >>> in_words(5000), in_words(200_000)
    ('1.4 hours', '2.3 days')
    """
    for size, word in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 1.05 * size:
            return f"{seconds / size:.2g} {word}"
    return f"{max(1, round(seconds))} seconds"


def _too_short(config: RunConfig, text: TextFacts) -> Iterator[str]:
    context = config.model.context_length
    if min(text.training_tokens, text.validation_tokens) <= context:
        yield (
            f"The text is too short for a context of {context:,}: it has "
            f"{text.training_tokens:,} tokens to train on and {text.validation_tokens:,} to be "
            "judged by, and both must be more. Use a longer text or a shorter context."
        )


def _too_large(memory_bytes: int) -> Iterator[str]:
    needed = f"This training needs about {memory_bytes / GIGABYTE:.1f} GB of memory"
    smaller = "Choose a smaller batch, width or context, or cut the batch into pieces."
    total, available = machine.total_memory(), machine.available_memory()
    if total is not None and memory_bytes > total:
        yield f"{needed}; this machine has {total / GIGABYTE:.1f} GB. {smaller}"
    elif available is not None and memory_bytes > available:
        yield (
            f"{needed}; only {available / GIGABYTE:.1f} GB are free now. "
            f"Close other programs, or wait until other runs have ended. {smaller}"
        )


def _too_crowded(config: RunConfig) -> Iterator[str]:
    processes, threads = config.compute.processes, capacity.threads_for(config.to_dict())
    if processes * threads > capacity.cores():
        yield (
            f"{processes * threads} threads in all share the {capacity.cores()} cores of this "
            "machine and wait for each other. Use fewer processes or threads."
        )
