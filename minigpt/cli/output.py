"""The two streams of the command line: results on the standard output, status on the error one."""

import os
import sys

from minigpt.checkpoints.choice import choice_in_words
from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.runs.directory import RunDirectory

COMMANDS = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"
}
"""Characters that a terminal obeys, each as a visible sign."""


def print_result(text: str) -> None:
    """Write what a command was asked for to the standard output."""
    text = _for_reader(text, is_terminal=sys.stdout.isatty())
    # A terminal of another encoding shows "?" rather than a traceback.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")


def print_status(text: str) -> None:
    """Write how things go, or what went wrong, to the standard error."""
    sys.stderr.write(_for_reader(text, is_terminal=sys.stderr.isatty()) + "\n")


def _for_reader(text: str, *, is_terminal: bool) -> str:
    """A text that commands no terminal: what a model writes, or a file says, may be a stranger's.

    Where it goes into a file or another program it stays as it is.
    """
    return text.translate(COMMANDS) if is_terminal else text


def say_which_step(run: RunDirectory, step: int | None) -> None:
    """Say which saved step a command takes, where it was left to the rule."""
    if step is None:
        print_status(choice_in_words(list_checkpoints(run.weights)))


def discard_results() -> None:
    """Send what is still to be written to nowhere, because nobody reads it any more.

    Else Python would try once more at its end, and say that it failed.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
