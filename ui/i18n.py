"""What is said, in the language of whoever reads it.

A language belongs to a visitor: it is looked up in the address and the session when a page begins
to be drawn, and never kept for the process, which serves many visitors at once. So nothing said is
cached between them: a cached function returns a `Sentence`, and whoever shows it calls
`translated`. A language is there when its catalogue is,
`ui/locales/LANGUAGE/LC_MESSAGES/minigpt.po`, read as it stands; all else is said in English.
"""

import io
import threading
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache
from gettext import NullTranslations
from pathlib import Path

import streamlit as st
from babel.core import Locale
from babel.dates import format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

from minigpt import sentences

LOCALES = Path(__file__).parent / "locales"
DOMAIN = "minigpt"
LANGUAGE = "lang"
"""The name in the address of the language that was chosen, such as "id"."""
CHOSEN = f"last-{LANGUAGE}"
"""Where the session holds it; `ui.session.url` puts it there, too."""
COOKIE = "minigpt-language"
"""Where the browser holds it from one visit to the next."""
_known = threading.local()
"""The language of what is drawn in this thread, which draws for one visitor only."""
NAMES = {"en": "English", "id": "Indonesia"}
"""What each language calls itself."""


def _(template: str, /, **values: object) -> str:
    """A sentence in the visitor's language, its values filled in.

    A module that calls it uses no `_` of its own, not even in a loop.
    """
    return translated(sentences.Sentence(template, **values))


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """A sentence about a number of things, which both templates may name as `{count}`."""
    return translated(sentences.plural(one, many, count, **values))


def numeral(value: int | float | Decimal, spec: str = "") -> str:
    """A number formatted as `format` does, with the marks of the visitor's language."""
    return translated(sentences.numeral(value, spec))


def browser_format(usual: str | None = None) -> str | None:
    """How a browser is to write a number that only it can write, on a slider or beside a bar.

    Args:
        usual: how it writes it in English; by itself where that is None. In other languages it
            takes the marks that it would take anywhere: Streamlit's own forms have a point.
    """
    return usual if language() == "en" else "localized"


def number_marks() -> str:
    """What stands before the tenths, and what between thousands and hundreds, as Plotly asks."""
    return numeral(0.5, ".1f")[1] + numeral(1000, ",")[1]


def time_of_day(moment: datetime) -> str:
    """Hours, minutes and seconds."""
    if language() == "en":
        return f"{moment:%H:%M:%S}"
    return format_time(moment, "medium", locale=language())


def translated(text: str) -> str:
    """What the core says (an error's message, a title, a help text) in the visitor's language.

    Text that is in no catalogue, such as what people typed, stays as it is. No line ends between a
    number and its percent sign.
    """
    said = sentences.translated(text, _catalogue(LOCALES, language()))
    return said.replace(" %", "\u00a0%") if " %" in said else said


class Later(str):
    """A marked text that is said long after it was written down, each time to another visitor.

    For what a decorator is told when a module is imported and Streamlit shows by `str`, such as
    the text beside the spinner of a cached function.
    """

    def __str__(self) -> str:
        return translated(super().__str__())


def language() -> str:
    """The language that this visitor is spoken to in: the best there is of what is asked for.

    Looked up once for each drawing of a page, which says a thousand things.
    """
    drawing = get_script_run_ctx(suppress_warning=True)
    if drawing is None:
        return _best()
    if getattr(_known, "drawing", None) is not drawing:
        _known.drawing, _known.language = drawing, _best()
    known: str = _known.language
    return known


def ask_anew() -> None:
    """Forget which language was looked up: the page is drawn again, or another one was chosen."""
    _known.drawing = None


def _best() -> str:
    there = languages()
    for asked in _asked_for():
        for name in (asked.replace("-", "_"), asked.replace("_", "-").partition("-")[0]):
            if name in there:
                return name
    return "en"


def languages() -> frozenset[str]:
    """Those that something can be said in."""
    return _languages(LOCALES)


def _asked_for() -> Iterator[str]:
    """What this visitor chose, here or earlier, and what the browser is set to."""
    # Without a visitor, as in a thread of our own, there is nobody to ask.
    if get_script_run_ctx(suppress_warning=True) is None:
        return
    for asked in (
        st.query_params.get(LANGUAGE),
        st.session_state.get(CHOSEN),
        st.context.cookies.get(COOKIE),
        st.context.locale,
    ):
        if asked:
            yield str(asked)


@cache
def _languages(folder: Path) -> frozenset[str]:
    # Only what is found here is opened: a browser may say anything about its language.
    found = folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")
    return frozenset({"en", *(path.parents[1].name for path in found)})


@cache
def _catalogue(folder: Path, name: str) -> NullTranslations:
    if name == "en":
        return sentences.ENGLISH
    with (folder / name / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        written = read_po(file, locale=name)
    compiled = io.BytesIO()
    write_mo(compiled, written)
    compiled.seek(0)
    marks = Locale.parse(name).number_symbols["latn"]
    return sentences.Catalogue(compiled, decimal=marks["decimal"], group=marks["group"])
