"""Tiny Shakespeare: parts of his plays in one file, the usual first text for small models."""

from minigpt.downloads.download import Download
from minigpt.downloads.http import TransferLimits

TINY_SHAKESPEARE = Download(
    title="Tiny Shakespeare",
    url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    file_name="tinyshakespeare.txt",
    limits=TransferLimits(max_bytes=2_000_000),
)


def read_tiny_shakespeare(download: Download = TINY_SHAKESPEARE) -> str:
    """The text, 1,115,394 characters of 65 kinds; fetched the first time, then cached.

    Raises:
        CorpusError: it is not cached and cannot be fetched.
    """
    return download.read().decode("utf-8")
