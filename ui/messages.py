"""What the screen says when something is missing or went wrong."""

import logging
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.errors import ConfigurationError, MiniGPTError
from ui.i18n import _, translated

logger = logging.getLogger(__name__)


def show_error(error: MiniGPTError) -> None:
    """An expected failure: what happened, why, what to do."""
    # st.error reads Markdown, and messages quote what people typed.
    st.error(escape(translated(error.message)), icon=":material/error:")


def show_reason(reason: MiniGPTError) -> None:
    """Why there is nothing to see of such a model; whatever else failed is shown as an error."""
    if not isinstance(reason, ConfigurationError):
        show_error(reason)
        return
    st.info(escape(translated(reason.message)), icon=":material/info:")


def show_broken(name: str, error: Exception) -> None:
    """What stands in place of a run that cannot be shown, in a list where the others can."""
    why: str = _("Its files are damaged. On the page of all runs it can be ticked and deleted.")
    if isinstance(error, MiniGPTError):
        why = translated(error.message)
    else:
        logger.error("%s cannot be shown.", name, exc_info=error)
    st.error(
        escape(_("{name} cannot be shown. {why}", name=name, why=why)), icon=":material/error:"
    )


@contextmanager
def errors_shown() -> Iterator[None]:
    """Turn expected failures inside into a message and end the page there."""
    try:
        yield
    except MiniGPTError as error:
        show_error(error)
        st.stop()


def show_empty_state(text: str, *, page: Path, action: str) -> None:
    """An empty state: what will be here, and the way to fill it."""
    st.info(text, icon=":material/info:")
    st.page_link(page, label=action, icon=":material/arrow_forward:")


def show_refused(refused: Mapping[str, str], place: DeltaGenerator) -> None:
    """Say what the address asked for in vain, as it stands there; nothing where it did not."""
    if not refused:
        return
    # What an address says may be endless, and no part of it is to be read as Markdown.
    asked = [escape(f"{name}={_cut(value)}") for name, value in list(refused.items())[:MOST_SHOWN]]
    left = len(refused) - len(asked)
    place.caption(
        _(
            "The address asks for what is not to be had here: {asked}. In its place stands what "
            "is shown without it, or of too long a text its beginning.",
            asked=", ".join([*asked, *(["…"] if left else [])]),
        )
    )


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"


MOST_SHOWN, LONGEST_SHOWN = 8, 20


def escape(text: str) -> str:
    """Text with everything Markdown would act on made literal."""
    return "".join(f"\\{character}" if character in SPECIAL else character for character in text)


SPECIAL = frozenset(string.punctuation)
