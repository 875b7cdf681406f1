"""What one person may take of a shared machine, and who may stop whose runs.

Read from the environment at every look; what is not set, is not limited:

    MINIGPT_RUNNING_PER_OWNER    runs of one owner that train at once; more wait
    MINIGPT_QUEUED_PER_OWNER     runs of one owner that may wait; more are refused
    MINIGPT_LARGEST_TRAINING     most parameters x tokens of one run, such as 1e12
    MINIGPT_TEACHER_TOKEN        whoever knows it may control everybody's runs; without it
                                 everybody may

The token is a latch, not a lock: it keeps classmates from stopping each other's runs by accident.
"""

import hmac
import math
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from minigpt.errors import ConfigurationError, RunError
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory

RUNNING = "MINIGPT_RUNNING_PER_OWNER"
QUEUED = "MINIGPT_QUEUED_PER_OWNER"
LARGEST = "MINIGPT_LARGEST_TRAINING"
TEACHER = "MINIGPT_TEACHER_TOKEN"
SHORTEST_TOKEN = 12
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
UPDATE_AS_TOKENS = 32
"""Moving a weight once takes about as long as its part in so many tokens (measured: 20 to 30)."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits in force; None means none."""

    running_per_owner: int | None = None
    queued_per_owner: int | None = None
    largest_training: float | None = None
    """Parameters x tokens, which is a sixth of the arithmetic that a training takes.

    Of a table that is only looked into, the arithmetic is that of moving it at every step.
    """

    @classmethod
    def from_environment(cls) -> "Limits":
        """The limits that the environment sets now.

        Raises:
            ConfigurationError: one is no number that can work.
        """
        return cls(
            running_per_owner=_whole(RUNNING),
            queued_per_owner=_whole(QUEUED),
            largest_training=_number(LARGEST),
        )

    def require_room(self, owner: str, *, queued: int) -> None:
        """Refuse another run of somebody who has `queued` runs waiting already.

        Raises:
            RunError: that is as many as one person may have.
        """
        if owner and self.queued_per_owner is not None and queued >= self.queued_per_owner:
            raise RunError(
                "You have {queued} runs waiting already, the most that one person may have "
                "here. Wait until one of them starts, or cancel one.",
                queued=queued,
            )

    def require_size(self, config: RunConfig, *, vocabulary_size: int) -> None:
        """Refuse a training that would take the machine for too long.

        Raises:
            ConfigurationError: parameters x tokens are above the limit.
        """
        parameters = config.model.parameter_count(vocabulary_size)
        looked_up = config.model.lookup_parameters
        work = (parameters - looked_up) * tokens_of(config)
        work += looked_up * UPDATE_AS_TOKENS * config.training.steps
        limit = self.largest_training
        if limit is not None and work > limit:
            raise ConfigurationError(
                "This training is {times:,.1f} times as large as is allowed here: "
                "{parameters:,} parameters and {tokens:,} tokens. Choose fewer steps, a smaller "
                "batch, or a smaller model.",
                field="training.steps",
                times=work / limit,
                parameters=parameters,
                tokens=tokens_of(config),
            )


def tokens_of(config: RunConfig) -> int:
    """The most tokens that a run learns from, counting repetitions."""
    return config.training.steps * config.training.batch_size * config.model.context_length


def owner_of(run: RunDirectory) -> str:
    """Who made a run; empty if nobody said so."""
    return run.meta().owner


def is_teacher(guess: str) -> bool:
    """Whether this is the teacher's token. Never, where no token is set."""
    token = os.environ.get(TEACHER, "")
    # Takes equally long however much of it is right.
    return bool(token) and hmac.compare_digest(guess.encode(), token.encode())


def require_long_token() -> None:
    """Refuse a teacher's token that can be guessed.

    Raises:
        ConfigurationError: one is set, and it is too short.
    """
    length = len(os.environ.get(TEACHER, ""))
    if 0 < length < SHORTEST_TOKEN:
        raise ConfigurationError(
            "{name} has {length} characters and could be guessed. Set one of at least "
            "{shortest}, or none.",
            name=TEACHER,
            length=length,
            shortest=SHORTEST_TOKEN,
        )


class TokenGuesses:
    """What is made of all guesses at the teacher's token, whoever makes them.

    After each wrong one the next has to wait, twice as long as before. A guess that comes too
    early is not looked at, and does not make the pause any longer.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._pause, self._next = FIRST_PAUSE_SECONDS, -math.inf

    def is_right(self, guess: str) -> bool:
        """Whether this is the teacher's token; answers at once.

        Raises:
            RunError: somebody guessed wrong just now.
        """
        with self._lock:
            wait = self._next - self._clock()
            if wait > 0:
                raise RunError(
                    "Somebody gave a wrong token just now. Try again in {seconds:,} s.",
                    seconds=math.ceil(wait),
                )
            if is_teacher(guess):
                self._pause = FIRST_PAUSE_SECONDS
                return True
            self._next = self._clock() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            return False


def may_control(run: RunDirectory, owner: str, teacher: bool) -> bool:
    """Whether somebody may stop, rename or delete a run.

    Everybody may where no teacher's token is set, and with runs that have no owner.

    Args:
        run: the run.
        owner: who asks, as they would be written down as the owner of a new run.
        teacher: what `is_teacher` said of them.
    """
    return teacher or not os.environ.get(TEACHER) or owner_of(run) in ("", owner)


def _whole(name: str) -> int | None:
    number = _number(name)
    if number is not None and (number != int(number)):
        raise ConfigurationError(
            "{name} is {number}; it must be a whole number.", name=name, number=number
        )
    return None if number is None else int(number)


def _number(name: str) -> float | None:
    given = os.environ.get(name, "").strip()
    if not given:
        return None
    try:
        number = float(given)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 1):
        raise ConfigurationError(
            "{name} is {given!r}; it must be a number of at least 1.", name=name, given=given
        )
    return number
