"""From the bytes of a file to text, or to a complaint that says where it stops being text."""

import codecs
import re

from minigpt.accents import normal_form
from minigpt.corpora.documents import document_kind, document_text
from minigpt.errors import CorpusError
from minigpt.sentences import Sentence

_FIX = Sentence(
    "Save the file as UTF-8 (most editors ask under 'Save as', 'Encoding') and try again."
)


def decode_upload(data: bytes) -> str:
    """Decode a file as UTF-8, or as UTF-16 where it begins with that mark.

    Of a PDF or Word file, the text in it is read.

    Line ends become a plain newline, whatever system or program wrote the file.

    Raises:
        CorpusError: the file is empty, not text, or in another encoding; the message names
            the first byte (counted from 0) and the line (counted from 1) that do not fit.
    """
    if not data:
        raise CorpusError("The file is empty (0 bytes). Choose another file.", field="corpus")
    if kind := document_kind(data):
        return clean_text(document_text(data, kind))
    encoding, mark = encoding_of(data)
    body = data[mark:]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8" and b"\0" in body:
            raise CorpusError(NOT_TEXT, field="corpus") from error
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
    r"""Give every line the same end, drop marks of files, and refuse what only looks like text.

    Unicode has more line ends than keyboards: that of mainframes, form feeds, and separators of
    lines and paragraphs. A mark of UTF-8 stands inside a text where files were put together.

    >>> clean_text("one\r\ntwo\rthree\u2028four")
    'one\ntwo\nthree\nfour'

    Raises:
        CorpusError: the text holds NUL characters or halves of characters.
    """
    if "\0" in text:
        raise CorpusError(NOT_TEXT, field="corpus")
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
    return _LINE_END.sub("\n", text).replace(_MARK, "")


def compose_accents(text: str) -> str:
    r"""Bring letters with accents into one form, Unicode's NFC; what is typed later has it, too.

    Files from a Mac often have the accent as a character of its own, and then no model would know
    the letter that a keyboard sends.

    >>> len("e\u0301"), len(compose_accents("e\u0301"))
    (2, 1)
    """
    return normal_form("NFC", text)


_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_MARK = "\ufeff"

NOT_TEXT = Sentence(
    "This is not a text file: it holds NUL bytes, as pictures, documents and programs do. "
    "Choose a plain text file. If it is text in UTF-16 without a mark: {fix}",
    fix=_FIX,
)


def encoding_of(data: bytes) -> tuple[str, int]:
    """The encoding that the first bytes of a file tell, and the number of bytes that mark it."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8", len(codecs.BOM_UTF8)
    if data.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if data.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    return "utf-8", 0
