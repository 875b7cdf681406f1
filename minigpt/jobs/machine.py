"""What this machine is, and how it is shared out: cores, memory, and runs at a time.

Facts come from the system and are None where it cannot tell. How many runs train at once is what
MINIGPT_MAX_RUNNING or `--max-running` says, else half the cores; the threads of each are its share.
"""

import os
import platform
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from minigpt.errors import ConfigurationError
from minigpt.runs.records import Settings
from minigpt.training.config import ComputeConfig

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
    return parse_running(given, ENVIRONMENT_VARIABLE) if given else max(1, cores() // 2)


def adopt_max_running(arguments: Sequence[str]) -> None:
    """Obey `--max-running N` among a program's arguments; all others are left to whom they concern.

    Kept in the environment, so that the workers which this process starts obey it too.

    Raises:
        ConfigurationError: N is missing or no number that can work.
    """
    for index, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name != OPTION:
            continue
        given = value if equals else next(iter(arguments[index + 1 :]), "")
        os.environ[ENVIRONMENT_VARIABLE] = str(parse_running(given, OPTION))


def parse_running(text: str, name: str) -> int:
    """A number of runs that was given as text.

    Raises:
        ConfigurationError: it is no whole number, or out of range.
    """
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= number <= MOST_RUNNING:
        raise ConfigurationError(
            "{name} is {given!r}; it must be a whole number between 1 and {most_running:,}.",
            name=name,
            given=text,
            most_running=MOST_RUNNING,
        )
    return number


Compute = Settings | ComputeConfig
"""What says how many threads and processes a run asks for, whether it is there or still a plan."""


def threads_for(compute: Compute) -> int:
    """Threads for each process of a run: what its settings ask for, else a fair share of cores."""
    return compute.threads or max(1, cores() // max_running() // processes_for(compute))


def processes_for(compute: Compute) -> int:
    """Processes that train a run together."""
    return compute.processes or 1


SPARE_LOAD = 0.5
"""So much is always going on: the app itself, and this very question."""
MOST_CROWDED = 8.0


def load() -> float:
    """Programs that computed or waited to compute in the last minute; 0 where nobody can tell."""
    with suppress(AttributeError, OSError):  # Windows does not know it
        return os.getloadavg()[0]
    return 0.0


def crowding(compute: Compute, load: float) -> float:
    """How many times longer a run takes beside so many programs that compute as well, at most.

    1 where there are cores enough for all; never above `MOST_CROWDED`, since others end too.
    """
    wanted = load + threads_for(compute) * processes_for(compute)
    share = (wanted - SPARE_LOAD) / cores()
    return min(MOST_CROWDED, max(1.0, share))


@dataclass(frozen=True, kw_only=True)
class SystemFiles:
    """Where Linux tells what this machine is; other systems have none of them."""

    processor: Path = Path("/proc/cpuinfo")
    memory: Path = Path("/proc/meminfo")
    graphics: Path = Path("/proc/driver/nvidia/gpus")
    container_limits: tuple[Path, ...] = (
        Path("/sys/fs/cgroup/memory.max"),
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    )
    """Of all that a container holds. Outside of one, the groups of a process have limits, too."""
    own_group: Path = Path("/proc/self/cgroup")
    groups: Path = Path("/sys/fs/cgroup")


FILES = SystemFiles()
USED_FILES = ("memory.current", "memory.usage_in_bytes")
"""Beside a limit: what is taken of it, files that the system only remembers included."""
BYTES_PER_KIBIBYTE = 1024


def identity() -> dict[str, str | int]:
    """What decides how fast a training is here, apart from its settings."""
    return {
        "processor": _processor(),
        "graphics": _graphics(),
        "cores": cores(),
        "system": platform.system(),
        "python": platform.python_version(),
        "torch": _torch_version(),
    }


def has_graphics() -> bool:
    """Whether there may be something faster than the processor to compute with."""
    is_mac = platform.system() == "Darwin" and platform.machine() == "arm64"
    return is_mac or bool(_graphics())


def total_memory() -> int | None:
    """Bytes of memory that this machine or container has."""
    with suppress(AttributeError, ValueError, OSError):  # Windows has no sysconf
        installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return _within_container(installed) if installed > 0 else None
    return None


def available_memory() -> int | None:
    """Bytes that can be had now without taking them from other programs."""
    for line in _lines(FILES.memory):
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            free = int(value.split()[0]) * BYTES_PER_KIBIBYTE
            left = (limit - _taken(path.parent) for path, limit in _container_limits())
            return max(0, min([free, *left]))
    return None


def _within_container(memory: int) -> int:
    return min([memory, *(limit for _, limit in _container_limits())])


def _container_limits() -> list[tuple[Path, int]]:
    """Every limit that holds for this process, and the file it stands in."""
    paths = [*FILES.container_limits]
    for line in _lines(FILES.own_group):
        if line.startswith("0::/"):  # version 2: one tree of groups, each within the one above
            own = FILES.groups / line.removeprefix("0::/")
            above = [folder for folder in own.parents if folder.is_relative_to(FILES.groups)]
            paths += [folder / "memory.max" for folder in (own, *above)]
    found = ((path, line) for path in dict.fromkeys(paths) for line in _lines(path)[:1])
    # A group without a limit says "max".
    return [(path, int(line)) for path, line in found if line.isdigit()]


def _taken(group: Path) -> int:
    """Bytes of a group's limit that cannot be had: in use, and not merely remembered files."""
    used = next((int(one) for name in USED_FILES for one in _lines(group / name)[:1]), 0)
    for line in _lines(group / "memory.stat"):
        name, _, value = line.partition(" ")
        if name == "inactive_file":
            used -= int(value)
    return max(0, used)


def _processor() -> str:
    for line in _lines(FILES.processor):
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _graphics() -> str:
    found = (_lines(path) for path in sorted(FILES.graphics.glob("*/information")))
    return ", ".join(lines[0].partition(":")[2].strip() for lines in found if lines)


@cache
def _torch_version() -> str:
    # From the package's description: importing torch takes seconds. Once, since a form asks for it
    # some twenty times while it is drawn.
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
