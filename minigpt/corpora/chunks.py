"""Reading a text piece by piece, for files that are too large to hold."""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from minigpt.corpora.decoding import clean_text, not_in_encoding
from minigpt.errors import CorpusError

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class TextChunk:
    """A piece of a text, ending where a line or else a word ends if it can."""

    text: str
    """The piece; all pieces joined are the whole text."""
    bytes_read: int
    """Bytes of the file read so far."""
    total_bytes: int
    """Bytes of the whole file."""


def read_chunks(path: Path, chunk_bytes: int = CHUNK_BYTES) -> Iterator[TextChunk]:
    """Read a UTF-8 file in pieces that never split a character.

    Line ends become a plain newline and a leading mark is dropped, as `decode_upload` does.

    Raises:
        CorpusError: the file is missing, cannot be read, or is not UTF-8 text.
    """
    try:
        with path.open("rb") as file:
            yield from _cut_at_line_ends(_decode(file, path.stat().st_size, chunk_bytes))
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read: {error.strerror or error}. Check its spelling and that "
            "you may open it.",
            field="corpus",
        ) from error


def _decode(file: io.BufferedReader, total_bytes: int, chunk_bytes: int) -> Iterator[TextChunk]:
    offset = len(codecs.BOM_UTF8) if file.peek(3).startswith(codecs.BOM_UTF8) else 0
    file.seek(offset)
    decoder = codecs.getincrementaldecoder("utf-8")()
    newlines = io.IncrementalNewlineDecoder(None, translate=True)
    line, is_last = 1, False
    while not is_last:
        data = file.read(chunk_bytes)
        is_last = not data
        # A character may have begun in the chunk before; its bytes wait in the decoder.
        waiting = len(decoder.getstate()[0])
        try:
            text = clean_text(newlines.decode(decoder.decode(data, is_last), is_last))
        except UnicodeDecodeError as error:
            raise not_in_encoding(error, offset - waiting, line) from error
        offset += len(data)
        line += text.count("\n")
        yield TextChunk(text=text, bytes_read=offset, total_bytes=total_bytes)


def _cut_at_line_ends(chunks: Iterator[TextChunk]) -> Iterator[TextChunk]:
    """Move what follows the last line end, or else the last space, to the next chunk."""
    carried = ""
    for chunk in chunks:
        text = carried + chunk.text
        end = text.rfind("\n") + 1 or text.rfind(" ") + 1 or len(text)
        carried = text[end:]
        if end:
            yield replace(chunk, text=text[:end])
    if carried:
        yield replace(chunk, text=carried)
