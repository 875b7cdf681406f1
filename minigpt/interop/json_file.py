"""JSON files that others wrote: of bounded size, and an error that says what is wrong."""

from pathlib import Path
from typing import Any

from minigpt.errors import MiniGPTError
from minigpt.files import read_json
from minigpt.sentences import Sentence


def read_object(path: Path, error: type[MiniGPTError], *, largest_bytes: int) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        MiniGPTError: of the type `error`; the file is missing, too large or no JSON object.
    """
    require_size(path, error, largest_bytes=largest_bytes)
    values = read_json(path, largest_bytes=largest_bytes)
    if values is None:
        raise error(
            Sentence(
                "{name} in {parent} is damaged: it is not a JSON object. Copy or download it "
                "again.",
                name=path.name,
                parent=path.parent,
            )
        )
    return values


def require_size(path: Path, error: type[MiniGPTError], *, largest_bytes: int) -> None:
    """Refuse a file that is not there or too large to be what its name says.

    Raises:
        MiniGPTError: of the type `error`; it is missing or too large.
    """
    if not path.is_file():
        raise error(
            Sentence(
                "There is no {name} in {parent}. Choose the folder of a model as "
                "save_pretrained writes it.",
                name=path.name,
                parent=path.parent,
            )
        )
    size = path.stat().st_size
    if size > largest_bytes:
        raise error(
            Sentence(
                "{name} has {size:,} bytes; at most {largest_bytes:,} are read. Choose the "
                "folder of a model as save_pretrained writes it.",
                name=path.name,
                size=size,
                largest_bytes=largest_bytes,
            )
        )
