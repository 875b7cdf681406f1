"""The text of PDF and Word files, read by libraries in a process that may not take much.

Strangers bring such files, and a small one can unfold to anything. So a process of its own reads
them: it has a limited time and, where the system can tell it, a limited memory, and only what it
writes comes back.
"""

import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from minigpt.errors import CorpusError
from minigpt.sentences import N_, Sentence

MOST_BYTES = 50_000_000
END_OF_LIST, LONG_FORM, NO_COMMENT = b"PK\x05\x06", b"PK\x06\x07", b"\0\0"
END_BYTES, LONG_FORM_BYTES = 22, 20
LONGEST_LIST = 1_000_000
"""Bytes of the list of files in a document; one of a million files takes ten seconds to read."""
MOST_UNPACKED = 200_000_000
MOST_PAGES = 3_000
MOST_CHARACTERS = 20_000_000
MOST_SECONDS = 60
MOST_MEMORY = 1_500_000_000
READ_AT_ONCE = 2
"""Each in a process of its own, with the memory above; others wait."""
WORD_BODY = "word/document.xml"
NAMES = {"pdf": N_("PDF"), "docx": N_("Word")}

PROBLEMS = {
    "pages": N_("it has more than {most:,} pages"),
    "locked": N_("a password protects it"),
    "damaged": N_("it is damaged"),
    "memory": N_("it takes too much memory"),
    "time": N_("it takes more than {seconds} seconds"),
    "size": N_("it is too large"),
    "library": N_("the library for it is not installed here"),
    "empty": N_("it holds no text, perhaps only pictures of pages"),
}
"""What can be wrong, by what the reading process says."""


_reading = threading.BoundedSemaphore(READ_AT_ONCE)


@dataclass(frozen=True)
class ReadingProcess:
    """The process that reads a document: it takes its bytes and answers in JSON."""

    program: str = "import sys; from minigpt.corpora.documents import main; main(sys.argv[1])"
    most_seconds: float = MOST_SECONDS

    def answer(self, data: bytes, kind: str) -> tuple[bytes, int]:
        """What it wrote, and its exit status; waits for its end.

        Raises:
            subprocess.TimeoutExpired: it took too long and was ended.
        """
        # What the libraries grumble about a file has no limit, and nobody reads it.
        done = subprocess.run(
            [sys.executable, "-c", self.program, kind],
            input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=self.most_seconds, check=False, env=_environment(),
        )  # fmt: skip
        return done.stdout, done.returncode


READING_PROCESS = ReadingProcess()


def document_kind(data: bytes) -> str | None:
    """Whether the bytes are a "pdf" or a "docx"; None for anything else.

    >>> document_kind(b"%PDF-1.7 ..."), document_kind(b"To be, or not to be")
    ('pdf', None)
    """
    if b"%PDF-" in data[:1024]:
        return "pdf"
    if data.startswith(b"PK\x03\x04") and _has_short_list(data):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return "docx" if WORD_BODY in archive.namelist() else None
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return None
    return None


def _has_short_list(data: bytes) -> bool:
    """Whether the list of an archive's files can be read at once, which that of a document can."""
    # Where `zipfile` looks for its end: at the very end, else behind the last of its marks.
    end = len(data) - END_BYTES
    if not (data.startswith(END_OF_LIST, max(0, end)) and data.endswith(NO_COMMENT)):
        end = data.rfind(END_OF_LIST, 0, max(0, end) + len(END_OF_LIST))
    if end < 0 or data.startswith(LONG_FORM, max(0, end - LONG_FORM_BYTES)):
        return False
    return int.from_bytes(data[end + 12 : end + 16], "little") <= LONGEST_LIST


def document_text(data: bytes, kind: str, *, process: ReadingProcess = READING_PROCESS) -> str:
    """The text of a document, a paragraph or line of it in each line.

    Raises:
        CorpusError: it cannot be read within the limits, or has no text; says why, and the way
            out.
    """
    if len(data) > MOST_BYTES:
        raise _refused(kind, "size")
    try:
        with _reading:
            written, exit_code = process.answer(data, kind)
    except subprocess.TimeoutExpired as error:
        raise _refused(kind, "time") from error
    try:
        answer = json.loads(written)
        problem, text = answer["problem"], answer["text"]
    except (ValueError, TypeError, KeyError) as error:  # it was ended, or could not even say that
        raise _refused(kind, "memory" if exit_code else "damaged") from error
    if problem is not None or not isinstance(text, str):
        raise _refused(kind, problem if problem in PROBLEMS else "damaged")
    if not text.strip():
        raise _refused(kind, "empty")
    return text


def _environment() -> dict[str, str]:
    # One thread: others would only reserve memory, of which there is a limit.
    places = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    path = os.pathsep.join(filter(None, places))
    return {**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _refused(kind: str, problem: str) -> CorpusError:
    return CorpusError(
        "The text of this {kind} file cannot be read: {problem}. Open it, copy its text, and paste "
        "that; or save it as plain text.",
        field="corpus",
        kind=Sentence(NAMES[kind]),
        problem=Sentence(PROBLEMS[problem], most=MOST_PAGES, seconds=MOST_SECONDS),
    )


def _pdf(data: bytes) -> Iterator[str]:
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise _Problem("locked")
    if len(reader.pages) > MOST_PAGES:
        raise _Problem("pages")
    for page in reader.pages:
        yield page.extract_text() + "\n"


def _docx(data: bytes) -> Iterator[str]:
    import docx
    from docx.oxml.ns import qn
    from docx.text.paragraph import Paragraph

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(file.file_size for file in archive.infolist()) > MOST_UNPACKED:
            raise _Problem("size")
    document = docx.Document(io.BytesIO(data))
    for paragraph in document.element.body.iter(qn("w:p")):  # those in tables, too
        yield Paragraph(paragraph, document).text + "\n"


class _Problem(Exception):  # noqa: N818 - what is wrong with the file, not with the program
    """One of PROBLEMS."""


READERS: dict[str, Callable[[bytes], Iterator[str]]] = {"pdf": _pdf, "docx": _docx}


def _read(data: bytes, kind: str) -> dict[str, str | None]:
    pieces: list[str] = []
    length = 0
    try:
        for piece in islice(READERS[kind](data), 10 * MOST_CHARACTERS):
            pieces.append(piece)
            length += len(piece)
            if length > MOST_CHARACTERS:
                raise _Problem("size")
    except _Problem as problem:
        return {"problem": str(problem), "text": None}
    except ImportError:
        return {"problem": "library", "text": None}
    except MemoryError:
        return {"problem": "memory", "text": None}
    # The libraries raise whatever a damaged file makes them stumble over.
    except Exception:
        return {"problem": "damaged", "text": None}
    return {"problem": None, "text": "".join(pieces)}


def _limit_this_process() -> None:
    try:
        import resource
    except ImportError:  # Windows has none; the time is limited all the same
        return
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it has nothing to write


def main(kind: str) -> None:
    """What the reading process does: a document comes in, an answer in JSON goes out."""
    _limit_this_process()
    answer = _read(sys.stdin.buffer.read(MOST_BYTES + 1), kind)
    sys.stdout.write(json.dumps(answer))
