"""How much memory this process holds."""

import sys
from pathlib import Path

import torch

STATUS = Path("/proc/self/statm")


def memory_in_use() -> int | None:
    """Bytes held now, on the graphics card if there is one in use; None where nobody can tell."""
    if torch.cuda.is_available() and torch.cuda.memory_allocated():
        return torch.cuda.memory_allocated()
    try:
        import resource
    except ImportError:  # Windows
        return None
    if STATUS.exists():
        return int(STATUS.read_text().split()[1]) * resource.getpagesize()
    # Without /proc only the most it ever held is known: in bytes on a Mac, else in kibibytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
