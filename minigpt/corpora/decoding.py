"""From the bytes of a file to text, or to a complaint that says where it stops being text."""

import codecs

from minigpt.errors import CorpusError
from minigpt.sentences import Sentence

_FIX = Sentence(
    "Save the file as UTF-8 (most editors ask under 'Save as', 'Encoding') and try again."
)


def decode_upload(data: bytes) -> str:
    """Decode a file as UTF-8, or as UTF-16 where it begins with that mark.

    Line ends become a plain newline, whatever system wrote the file.

    Raises:
        CorpusError: the file is empty, not text, or in another encoding; the message names
            the first byte (counted from 0) and the line (counted from 1) that do not fit.
    """
    if not data:
        raise CorpusError("The file is empty (0 bytes). Choose another file.", field="corpus")
    encoding, mark = _encoding(data)
    body = data[mark:]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and b"\0" in body:
            raise CorpusError(_NOT_TEXT, field="corpus") from error
        raise not_in_encoding(error, mark, 1) from error
    return clean_text(text)


def not_in_encoding(error: UnicodeDecodeError, bytes_before: int, first_line: int) -> CorpusError:
    """The complaint about a byte that does not fit.

    Args:
        error: what the decoder said of the piece of the file that it was given.
        bytes_before: bytes of the file before that piece.
        first_line: line of the file, counted from 1, in which the piece begins.
    """
    before = error.object[: error.start].decode(error.encoding, errors="ignore")
    return CorpusError(
        "Byte {position:,} of the file ({byte:#04x}, in line {line:,}) is not {encoding}. {fix}",
        field="corpus",
        position=error.start + bytes_before,
        byte=error.object[error.start],
        line=first_line + before.count(chr(10)),
        encoding=error.encoding.upper(),
        fix=_FIX,
    )


def clean_text(text: str) -> str:
    r"""Give every line the same end, and refuse what only looks like text.

    >>> clean_text("one\r\ntwo\rthree")
    'one\ntwo\nthree'

    Raises:
        CorpusError: the text holds NUL characters or halves of characters.
    """
    if "\0" in text:
        raise CorpusError(_NOT_TEXT, field="corpus")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise CorpusError(
            "Character {position:,} of the text is only half a character ({character!a}). Remove "
            "it and try again.",
            field="corpus",
            position=error.start,
            character=text[error.start],
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


_NOT_TEXT = Sentence(
    "This is not a text file: it holds NUL bytes, as pictures, documents and programs do. "
    "Choose a plain text file. If it is text in UTF-16 without a mark: {fix}",
    fix=_FIX,
)


def _encoding(data: bytes) -> tuple[str, int]:
    """The encoding and the number of bytes that mark it."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8", len(codecs.BOM_UTF8)
    if data.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if data.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    return "utf-8", 0
