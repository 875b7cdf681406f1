"""Text files that are trained on where they lie, because they are too large to keep a copy of.

They are too large to hold as well, so they are read piece by piece and cut into tokens once. The
ids go into a plain one-dimensional .npy file of 16 or 32 bits each, of which training reads from
the disk what it needs.
"""

import codecs
import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from unicodedata import combining

import numpy as np

from minigpt.corpora.decoding import (
    NOT_TEXT,
    clean_text,
    compose_accents,
    encoding_of,
    not_in_encoding,
)
from minigpt.data_folder import open_to_keep
from minigpt.errors import CorpusError
from minigpt.files import explained
from minigpt.sentences import Sentence

LARGE_FILE_BYTES = 100_000_000
"""From here on a file is read piece by piece instead of being held in memory."""


def is_large(path: Path) -> bool:
    """Whether a file is too large to be held. False for what is not a file."""
    return path.is_file() and path.stat().st_size >= LARGE_FILE_BYTES


def sha256_of(path: Path) -> str:
    """Checksum of a file of any size.

    Raises:
        CorpusError: it is not there, no plain file, or cannot be read.
    """
    require_plain_file(path)
    with (
        explained(
            "{path} cannot be read: {reason}. A run needs its text where it was when the run "
            "was created.",
            kind=CorpusError,
            field="corpus",
            path=path,
        ),
        path.open("rb") as file,
    ):
        return hashlib.file_digest(file, "sha256").hexdigest()


def require_plain_file(path: Path) -> None:
    """Refuse what has no end or answers only once, such as a device or a pipe.

    Raises:
        CorpusError: something is there, but no plain file. What is missing is left to who reads.
    """
    if path.exists() and not path.is_file():
        raise CorpusError(
            "{path} is not a plain file. Name a file that holds the text.",
            field="corpus",
            path=path,
        )


def require_room(path: Path, context_length: int) -> None:
    """Refuse a file whose last 10 % cannot hold one window; bytes stand in for tokens.

    Raises:
        CorpusError: it is too small.
    """
    needed = 10 * (context_length + 1)
    if path.stat().st_size < needed:
        raise CorpusError(
            "{path} has {size:,} bytes; a context of {context_length:,} needs at least "
            "{needed:,}. Use a longer text or a shorter context.",
            field="corpus",
            path=path,
            size=path.stat().st_size,
            context_length=context_length,
            needed=needed,
        )


CHUNK_BYTES = 1 << 20
LONGEST_LETTER = 64
"""Characters that one letter and its accents may have; more are no language's."""


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
    """Read a file in UTF-8, or in UTF-16 if it says so, in pieces that never split a character.

    Line ends and accents become what they are in texts that are kept here.

    Raises:
        CorpusError: the file is missing, cannot be read, or is no text.
    """
    require_plain_file(path)
    with (
        explained(
            "{path} cannot be read: {reason}. Check its spelling and that you may open it.",
            kind=CorpusError,
            field="corpus",
            path=path,
        ),
        path.open("rb") as file,
    ):
        yield from _cut_at_line_ends(_decode(file, path.stat().st_size, chunk_bytes))


def _decode(file: io.BufferedReader, total_bytes: int, chunk_bytes: int) -> Iterator[TextChunk]:
    encoding, offset = encoding_of(file.peek(3))
    file.seek(offset)
    decoder = codecs.getincrementaldecoder(encoding)()
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
            if b"\0" in data and encoding == "utf-8":
                raise CorpusError(NOT_TEXT, field="corpus") from error
            raise not_in_encoding(error, offset - waiting, line) from error
        offset += len(data)
        line += text.count("\n")
        yield TextChunk(text=text, bytes_read=offset, total_bytes=total_bytes)


def _cut_at_line_ends(chunks: Iterator[TextChunk]) -> Iterator[TextChunk]:
    """Move what follows the last line end, or else the last space, to the next chunk."""
    carried = ""
    for chunk in chunks:
        text = carried + chunk.text
        end = text.rfind("\n") + 1 or text.rfind(" ") + 1
        if not end:
            is_last = chunk.bytes_read == chunk.total_bytes
            end = len(text) if is_last else _before_last_letter(text)
        carried = text[end:]
        if end:
            yield replace(chunk, text=compose_accents(text[:end]))
    if carried:
        yield replace(chunk, text=compose_accents(carried))


def _before_last_letter(text: str) -> int:
    """Where to cut a text without gaps, so that no accent is parted from its letter."""
    ends = range(len(text) - 1, max(0, len(text) - LONGEST_LETTER), -1)
    return next((end for end in ends if not _joins(text[end - 1], text[end])), 0)


def _joins(letter: str, following: str) -> bool:
    joined = compose_accents(letter + following)
    return combining(following) > 0 or joined != compose_accents(letter) + compose_accents(
        following
    )


TokenDtype = np.dtype[np.uint16] | np.dtype[np.uint32]


@dataclass(frozen=True, kw_only=True)
class TokenFileProgress:
    """How far the writing of a token file is."""

    bytes_read: int
    """Bytes of the text read so far."""
    total_bytes: int
    """Bytes of the whole text."""


def write_token_file(
    text_path: Path,
    encode: Callable[[str], list[int]],
    destination: Path,
    *,
    vocabulary_size: int,
    chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[TokenFileProgress]:
    """Encode a UTF-8 text piece by piece; only one piece is in memory at a time.

    Nothing happens until the iterator is used up; the file appears once it is. Pieces end at
    line ends where they can, so the ids equal those of the whole text for every tokenizer
    without tokens that reach across the end of a line.

    Args:
        text_path: the text.
        encode: turns a piece of text into ids from 0 to `vocabulary_size` - 1.
        destination: the token file to write.
        vocabulary_size: V; up to 65,536 the ids take two bytes each, else four.
        chunk_bytes: bytes of text in a piece.

    Raises:
        CorpusError: the text cannot be read, is empty or not UTF-8, an id is outside the
            vocabulary, or the file cannot be written.
    """
    dtype = _dtype(vocabulary_size)
    tokens = 0
    with open_to_keep(destination) as file:
        _write_header(file, dtype, tokens)
        for chunk in read_chunks(text_path, chunk_bytes):
            ids = _checked(encode(chunk.text), vocabulary_size)
            file.write(ids.astype(dtype).tobytes())
            tokens += len(ids)
            yield TokenFileProgress(bytes_read=chunk.bytes_read, total_bytes=chunk.total_bytes)
        if tokens == 0:
            raise CorpusError(
                "{text_path} is empty. Use another text.", field="corpus", text_path=text_path
            )
        # The length is known only now; numpy pads the header so that any length fits.
        file.seek(0)
        _write_header(file, dtype, tokens)


def open_token_file(path: Path) -> np.memmap[tuple[int], TokenDtype]:
    """Open a token file for reading. Slices of it read only what they cover.

    Raises:
        CorpusError: the file is missing or is no token file.
    """
    try:
        # Copy on write: torch insists on writable memory, and no write reaches the file.
        tokens = np.load(path, mmap_mode="c", allow_pickle=False)
    except FileNotFoundError as error:
        raise CorpusError(
            "There is no token file {path}. Write it again from its text.",
            field="corpus",
            path=path,
        ) from error
    except (OSError, ValueError, EOFError) as error:
        raise CorpusError(_damaged(path), field="corpus") from error
    if not isinstance(tokens, np.memmap) or tokens.ndim != 1 or tokens.dtype.kind != "u":
        raise CorpusError(_damaged(path), field="corpus")
    return tokens


def _dtype(vocabulary_size: int) -> TokenDtype:
    # Little-endian by name, so that a file can move between machines.
    return np.dtype("<u2") if vocabulary_size <= 1 << 16 else np.dtype("<u4")


def _write_header(file: BinaryIO, dtype: TokenDtype, tokens: int) -> None:
    np.lib.format.write_array_header_1_0(
        file, {"descr": dtype.str, "fortran_order": False, "shape": (tokens,)}
    )


def _checked(ids: list[int], vocabulary_size: int) -> np.ndarray:
    made = np.array(ids, dtype=np.int64)
    if len(made) and (made.min() < 0 or made.max() >= vocabulary_size):
        raise CorpusError(
            "The tokenizer made ids from {smallest} to {largest}, outside its vocabulary of "
            "{vocabulary_size}. Train the tokenizer on this text.",
            field="corpus",
            smallest=made.min(),
            largest=made.max(),
            vocabulary_size=vocabulary_size,
        )
    return made


def _damaged(path: Path) -> str:
    return Sentence(
        "{path} is not a token file or is damaged. Write it again from its text.", path=path
    )
