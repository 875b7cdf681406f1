"""What is said, in the language of whoever reads it.

A language belongs to a visitor: it is looked up in the session each time something is said, never
kept for the process, which serves many visitors at once. So nothing said is cached between them:
a cached function returns a `Sentence`, and whoever shows it calls `translated`. A language is there
when its catalogue is, `ui/locales/LANGUAGE/LC_MESSAGES/minigpt.mo`; all else is said in English.
"""

import gettext as catalogues
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from minigpt import sentences

LOCALES = Path(__file__).parent / "locales"
DOMAIN = "minigpt"
LANGUAGE = "language"
"""Where the session holds the language a visitor chose, such as "de"; else the browser's counts."""


def _(template: str, /, **values: object) -> str:
    """A sentence in the visitor's language, its values filled in.

    A module that calls it uses no `_` of its own, not even in a loop.
    """
    return translated(sentences.Sentence(template, **values))


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """A sentence about a number of things, which both templates may name as `{count}`."""
    return translated(sentences.plural(one, many, count, **values))


def translated(text: str) -> str:
    """What the core says (an error's message, a title, a help text) in the visitor's language.

    Text that is in no catalogue, such as what people typed, stays as it is.
    """
    return sentences.translated(text, _catalogue(LOCALES, language()))


class Later(str):
    """A marked text that is said long after it was written down, each time to another visitor.

    For what a decorator is told when a module is imported and Streamlit shows by `str`, such as
    the text beside the spinner of a cached function.
    """

    def __str__(self) -> str:
        return translated(super().__str__())


def language() -> str:
    """The language that this visitor is spoken to in: the best there is of what is asked for."""
    there = _languages(LOCALES)
    for asked in _asked_for():
        for name in (asked.replace("-", "_"), asked.partition("-")[0]):
            if name in there:
                return name
    return "en"


def _asked_for() -> list[str]:
    # Without a visitor, as in a thread of our own, there is nobody to ask.
    if get_script_run_ctx() is None:
        return []
    return [asked for asked in (st.session_state.get(LANGUAGE), st.context.locale) if asked]


@cache
def _languages(folder: Path) -> frozenset[str]:
    # Only what is found here is opened: a browser may say anything about its language.
    found = folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo")
    return frozenset({"en", *(path.parents[1].name for path in found)})


@cache
def _catalogue(folder: Path, name: str) -> catalogues.NullTranslations:
    if name == "en":
        return sentences.ENGLISH
    return catalogues.translation(DOMAIN, folder, [name])
