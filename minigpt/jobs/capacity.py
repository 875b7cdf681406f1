"""How many runs may train at once on this machine, and with how many threads each."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from minigpt.errors import ConfigurationError
from minigpt.runs import records

ENVIRONMENT_VARIABLE = "MINIGPT_MAX_RUNNING"
OPTION = "--max-running"
MOST_RUNNING = 1000


def cores() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux; a container may have fewer than the machine
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def max_running() -> int:
    """The most workers at a time: what MINIGPT_MAX_RUNNING says, else half the cores.

    Raises:
        ConfigurationError: the variable is no number that can work.
    """
    given = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
    return parsed(given, ENVIRONMENT_VARIABLE) if given else max(1, cores() // 2)


def adopt_max_running(arguments: Sequence[str]) -> None:
    """Obey `--max-running N` among a program's arguments; all others are left to whom they concern.

    Kept in the environment, so that the workers which this process starts obey it too.

    Raises:
        ConfigurationError: N is missing or no number that can work.
    """
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name != OPTION:
            continue
        given = value if equals else next(iter(arguments[place + 1 :]), "")
        os.environ[ENVIRONMENT_VARIABLE] = str(parsed(given, OPTION))


def parsed(given: str, name: str) -> int:
    """A number of runs that was given as text.

    Raises:
        ConfigurationError: it is no whole number, or out of range.
    """
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    if not 1 <= number <= MOST_RUNNING:
        raise ConfigurationError(
            f"{name} is {given!r}; it must be a whole number between 1 and {MOST_RUNNING:,}."
        )
    return number


def threads_for(config: Mapping[str, Any]) -> int:
    """Threads for each process of a run: what its settings ask for, else a fair share of cores.

    `config` is the content of config.json.
    """
    asked = records.whole(records.section(config, "compute"), "threads") or 0
    share = cores() // max_running() // processes_for(config)
    return asked if asked > 0 else max(1, share)


def processes_for(config: Mapping[str, Any]) -> int:
    """Processes that train a run together. `config` is the content of config.json."""
    return max(1, records.whole(records.section(config, "compute"), "processes") or 1)
