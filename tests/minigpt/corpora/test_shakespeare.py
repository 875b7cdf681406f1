import dataclasses
import hashlib
from pathlib import Path
from typing import Any

import pytest

from minigpt.corpora.builtin import TINY_SHAKESPEARE, read_tiny_shakespeare
from minigpt.errors import CorpusError
from tests import shakespeare as tiny_shakespeare


def text_to_serve() -> bytes:
    """The real text where this machine has it, else a stand-in of the same size."""
    if tiny_shakespeare.FILE is not None:
        return tiny_shakespeare.FILE.read_bytes()
    characters = bytes(range(ord(" "), ord(" ") + 65))
    return (characters * (1_115_394 // 65 + 1))[:1_115_394]


def test_has_the_known_size(loopback: Any) -> None:
    content = text_to_serve()
    checksum = hashlib.sha256(content).hexdigest()
    if tiny_shakespeare.FILE is not None:
        assert checksum == TINY_SHAKESPEARE.sha256
    download = dataclasses.replace(TINY_SHAKESPEARE, url=loopback.serve(content), sha256=checksum)
    text = read_tiny_shakespeare(download)
    assert len(text) == 1_115_394
    assert len(set(text)) == 65


def test_is_kept_in_the_data_folder(data: Path) -> None:
    assert data / "tinyshakespeare.txt" == TINY_SHAKESPEARE.path


def test_another_text_in_its_place_is_refused(loopback: Any) -> None:
    download = dataclasses.replace(TINY_SHAKESPEARE, url=loopback.serve(b"not Shakespeare"))
    with pytest.raises(CorpusError, match="Tiny Shakespeare could not be downloaded"):
        read_tiny_shakespeare(download)
