"""The two streams of the command line: results on the standard output, status on the error one."""

import os
import sys


def print_result(text: str) -> None:
    """Write what a command was asked for to the standard output."""
    # A terminal of another encoding shows "?" rather than a traceback.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")


def print_status(text: str) -> None:
    """Write how things go, or what went wrong, to the standard error."""
    sys.stderr.write(text + "\n")


def discard_results() -> None:
    """Send what is still to be written to nowhere, because nobody reads it any more.

    Else Python would try once more at its end, and say that it failed.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
