"""Which of several processes this is, as torchrun tells in the environment. Knows no torch."""

import os


def world_size() -> int:
    """How many processes share the training; 1 where nobody said."""
    return _number("WORLD_SIZE", 1)


def rank() -> int:
    """Which of them this is, counted from 0."""
    return _number("RANK", 0)


def local_rank() -> int:
    """Which of those on this machine it is, counted from 0."""
    return _number("LOCAL_RANK", 0)


def is_shared() -> bool:
    """Whether there are several."""
    return world_size() > 1


def _number(name: str, otherwise: int) -> int:
    given = os.environ.get(name, "")
    return int(given) if given.isdecimal() else otherwise
