"""What this machine is, and how much memory it has; None where that cannot be told."""

import os
import platform
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from minigpt.jobs.capacity import cores

PROCESSOR_FILE = Path("/proc/cpuinfo")
MEMORY_FILE = Path("/proc/meminfo")
GRAPHICS_FOLDER = Path("/proc/driver/nvidia/gpus")
CONTAINER_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
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
    for line in _lines(MEMORY_FILE):
        name, _, value = line.partition(":")
        if name == "MemAvailable":
            return _within_container(int(value.split()[0]) * BYTES_PER_KIBIBYTE)
    return None


def _within_container(memory: int) -> int:
    for path in CONTAINER_LIMITS:
        for line in _lines(path)[:1]:
            if line.isdigit():  # a container without a limit says "max"
                memory = min(memory, int(line))
    return memory


def _processor() -> str:
    for line in _lines(PROCESSOR_FILE):
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _graphics() -> str:
    found = (_lines(path) for path in sorted(GRAPHICS_FOLDER.glob("*/information")))
    return ", ".join(lines[0].partition(":")[2].strip() for lines in found if lines)


def _torch_version() -> str:
    # From the package's description: importing torch takes seconds.
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
