"""What the command line writes, and where to."""

import sys


def say(text: str) -> None:
    """Give an answer, on the standard output."""
    # A terminal of another encoding shows "?" rather than a traceback.
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")


def tell(text: str) -> None:
    """Say how things go or what went wrong, on the standard error."""
    sys.stderr.write(text + "\n")
