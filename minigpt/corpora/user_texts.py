"""Texts that people bring: uploaded, pasted, edited, named by a path or by a web address.

Each is kept as `<name>.txt` with its title in `<name>.json`. The name ends in a checksum of the
text, so adding a text twice keeps one copy and a text never changes under a run. Another text under
a title that is taken gets a number: "My text 2".

The app may run on a server, so a web address that somebody types is treated as hostile: only http
and https, only public addresses, also after a redirect, and never more than the limits allow.
"""

import hashlib
import itertools
import json
import re
import unicodedata
from contextlib import suppress
from functools import partial
from pathlib import Path

from minigpt.corpora.corpus import Corpus, CorpusSource
from minigpt.corpora.decoding import clean_text, compose_accents, decode_upload
from minigpt.data_folder import data_folder, keep_file
from minigpt.downloads.limits import OPEN_WEB, Destinations, TransferLimits
from minigpt.errors import CorpusError
from minigpt.files import explained, open_plain, read_json
from minigpt.sentences import Sentence

MAX_CHARACTERS = 50_000_000
MAX_TITLE_CHARACTERS = 80
MAX_SLUG_CHARACTERS = 40
ALTERNATIVES = Sentence(
    "Meanwhile choose a text that needs no internet (Python's documentation or the short "
    "sentences), upload a file, or paste a text."
)
COMPOSED = "composed"
"""In what is noted of a text: whether its accents were given another form."""
OWNER = "owner"
MOST_DIFFERENT = 30_000
"""Characters in one text. Chinese ones use some thousands; each is a row of every table."""
NAME_PATTERN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{8}")


def add_text(title: str, text: str, *, owner: str = "") -> Corpus:
    """Keep a text under a title and return it as a corpus.

    A title that another text has is given the next free number, for people know texts by titles.
    Letters with accents are kept in Unicode's composed form; where that changed something, the
    text's description says so.

    Args:
        title: what people call it.
        text: all of it.
        owner: who brought it first, for what one visitor may bring; empty for nobody.

    Raises:
        CorpusError: the text is empty, too long, not text, has too many different characters, or
            cannot be written.
    """
    written = clean_text(text)
    text = compose_accents(written)
    if len(text) > MAX_CHARACTERS:
        raise CorpusError(
            _too_long(Sentence("{characters:,} characters", characters=len(text))), field="corpus"
        )
    _require_alphabet(text)
    data = text.encode("utf-8")
    checksum = hashlib.sha256(data).hexdigest()[:8]
    title = _free_title(_clean_title(title), checksum)
    name = f"{_slug(title)}-{checksum}"
    corpus = Corpus(name=name, title=title, text=text)
    if not _holds(_text_path(name), data):
        keep_file(_text_path(name), data)
    facts: dict[str, object] = {"title": title, "characters": len(text)}
    if text != written:
        facts[COMPOSED] = True
    if owner := str(_about(name).get(OWNER) or owner):
        facts[OWNER] = owner
    about = json.dumps(facts, ensure_ascii=False)
    keep_file(_about_path(name), about.encode("utf-8"))
    return corpus


def add_file(path: Path) -> Corpus:
    """Keep a copy of a text file, titled by its name without the ending.

    Raises:
        CorpusError: there is no such file, it cannot be read, or it is no usable text.
    """
    text = read_file(path)
    try:
        return add_text(path.stem, text)
    except (OSError, ValueError) as error:
        raise CorpusError(_cannot_read(path, error), field="corpus") from error


def read_file(path: Path) -> str:
    """The text of a file, without keeping a copy.

    Raises:
        CorpusError: there is no such file, or it cannot be read as text.
    """
    try:
        return decode_upload(_file_bytes(path))
    except FileNotFoundError as error:
        raise CorpusError(
            "There is no file {path}. Check its spelling and the folder you are in.",
            field="corpus",
            path=path,
        ) from error
    except (OSError, ValueError) as error:
        raise CorpusError(_cannot_read(path, error), field="corpus") from error


def user_texts() -> list[CorpusSource]:
    """All texts that people brought, by title."""
    folder = _folder()
    if not folder.is_dir():
        return []
    names = (path.stem for path in folder.glob("*.txt"))
    sources = [_source(name) for name in names if NAME_PATTERN.fullmatch(name)]
    return sorted(sources, key=lambda source: (source.title.casefold(), source.name))


def brought_texts() -> list[tuple[str, int]]:
    """The owner and the bytes of every text that has an owner."""
    found = []
    for source in user_texts():
        owner = str(_about(source.name).get(OWNER) or "")
        with suppress(OSError):  # just deleted
            found.append((owner, _text_path(source.name).stat().st_size))
    return [(owner, size) for owner, size in found if owner]


def delete_text(name: str) -> None:
    """Remove a text that somebody brought. Runs that were trained on it keep their weights.

    Raises:
        CorpusError: no such text was brought, or it cannot be removed.
    """
    _require_known(name)
    with explained(
        "The text {name!r} cannot be removed: {reason}. Close what uses it and try again.",
        kind=CorpusError,
        field="corpus",
        name=name,
    ):
        _text_path(name).unlink()
        _about_path(name).unlink(missing_ok=True)


def _require_alphabet(text: str) -> None:
    different = len(set(text))
    if different > MOST_DIFFERENT:
        raise CorpusError(
            "The text has {different:,} different characters; at most {most:,} are accepted. "
            "Is it text in a language? Use a file with fewer of them.",
            field="corpus",
            different=different,
            most=MOST_DIFFERENT,
        )


def _source(name: str) -> CorpusSource:
    about = _about(name)
    return CorpusSource(
        name=name,
        title=str(about.get("title", name)),
        description=_description(about),
        read=partial(_read, name),
    )


def _description(about: dict[str, object]) -> Sentence:
    if not isinstance(characters := about.get("characters"), int):
        return Sentence("A text that was added here.")
    if about.get(COMPOSED) is True:
        return Sentence(
            "A text of {characters:,} characters that was added here. Letters whose accents were "
            "characters of their own were joined with them (Unicode's form NFC).",
            characters=characters,
        )
    return Sentence(
        "A text of {characters:,} characters that was added here.", characters=characters
    )


def _about(name: str) -> dict[str, object]:
    return read_json(_about_path(name)) or {}


def _read(name: str) -> str:
    _require_known(name)
    try:
        with open_plain(_text_path(name)) as file:
            data = file.read()
    except OSError as error:
        raise CorpusError(_cannot_read(_text_path(name), error), field="corpus") from error
    if not name.endswith(hashlib.sha256(data).hexdigest()[:8]):
        raise CorpusError(
            "The text {name!r} was changed on the disk after it was added. Add it again; it "
            "gets a new name, and runs never mix the two.",
            field="corpus",
            name=name,
        )
    return data.decode("utf-8")


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data


def _file_bytes(path: Path) -> bytes:
    size = path.stat().st_size
    # Devices and pipes may never end.
    if not path.is_file():
        raise CorpusError(
            "{path} is a folder or device. Name one text file.", field="corpus", path=path
        )
    if size > 4 * MAX_CHARACTERS:
        raise CorpusError(
            _too_long(Sentence("{millions:,.0f} million bytes", millions=size / 1e6)),
            field="corpus",
        )
    return path.read_bytes()


def _require_known(name: str) -> None:
    if not NAME_PATTERN.fullmatch(name) or not _text_path(name).is_file():
        raise CorpusError(
            "No text called {name!r} was added here. Add it again, or choose another one.",
            field="corpus",
            name=name,
        )


def _folder() -> Path:
    return data_folder() / "texts"


def _text_path(name: str) -> Path:
    return _folder() / f"{name}.txt"


def _about_path(name: str) -> Path:
    return _folder() / f"{name}.json"


def _clean_title(title: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in title)
    return " ".join(printable.split())[:MAX_TITLE_CHARACTERS] or "Text"


def _free_title(title: str, checksum: str) -> str:
    """The title, numbered where another text has it; the same text keeps the one it has."""
    holders = {source.title.casefold(): source.name for source in user_texts()}
    candidate = title
    for number in itertools.count(2):
        holder = holders.get(candidate.casefold())
        if holder is None or holder.endswith(f"-{checksum}"):
            return candidate
        ending = f" {number}"
        candidate = title[: MAX_TITLE_CHARACTERS - len(ending)].rstrip() + ending
    raise AssertionError("numbers do not end")


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii")
    words = re.findall(r"[a-z0-9]+", plain.lower())
    return "-".join(words)[:MAX_SLUG_CHARACTERS].strip("-") or "text"


def _cannot_read(path: Path, error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return Sentence(
        "{path} cannot be read: {reason}. Check that you may open it.", path=path, reason=reason
    )


def _too_long(size: str) -> str:
    return Sentence(
        "The text has {size}; at most {most:,} characters are accepted. Cut it "
        "into smaller files and use one of them.",
        size=size,
        most=MAX_CHARACTERS,
    )


WEB_LIMITS = TransferLimits(total_seconds=60.0, max_bytes=20_000_000)


def fetch_text(
    url: str, *, destinations: Destinations = OPEN_WEB, limits: TransferLimits = WEB_LIMITS
) -> str:
    """Fetch a text. A web page comes with its markup; plain text is what to look for.

    Proxies named in the environment are not used: behind one, nobody could tell which
    address is contacted in the end.

    Args:
        url: an http or https address.
        destinations: where the connections may go.
        limits: time and size.

    Raises:
        CorpusError: the address is not allowed, does not answer, or holds no text.
    """
    # Loaded on first use: importing it takes longer than all of this package.
    from minigpt.downloads.http import fetch_bytes

    try:
        data = fetch_bytes(
            url.strip(), destinations=destinations, limits=limits, trust_environment=False
        )
        return decode_upload(data)
    except CorpusError as error:
        raise CorpusError(
            "No text could be fetched from that address. {reason} {alternatives}",
            field="corpus",
            reason=error.message,
            alternatives=ALTERNATIVES,
        ) from error
