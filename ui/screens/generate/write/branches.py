"""The texts of the same settings, one of them looked at: samples, and forks that people made."""

from collections.abc import Sequence

import streamlit as st

from ui import pickers
from ui.components.model_picker import ChosenModel
from ui.components.plain_text import plain_text
from ui.i18n import _
from ui.messages import escape
from ui.screens.generate.write.one_text import say_how_written
from ui.screens.generate.write.place import show_place
from ui.screens.generate.write.strip import show_strip
from ui.screens.generate.write.take_home import take_home
from ui.session import url
from ui.session.branches import branches, chosen_branch, forks, look_at, put_forks
from ui.session.texts import Branch, TextSettings, WrittenText, text_of
from ui.wording import count, glyph

KEY = "branch-looked-at"


def show_texts(chosen: ChosenModel, settings: TextSettings) -> None:
    """The text that is looked at, a place of it, and the others below."""
    there = branches(settings, chosen.trained.model.vocabulary_size)
    branch = chosen_branch(there)
    if len(there) > 1:
        _choose(chosen, branch, there)
    if (text := text_of(settings, branch)) is None:
        return
    if not text.is_whole:
        st.button(
            _("Go on writing"), icon=":material/play_arrow:", key="go-on", on_click=_want_more,
            args=(text,),
        )  # fmt: skip
    if not text.tokens:
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_strip(chosen, text, there)
        say_how_written(text)
        with st.container(horizontal=True, vertical_alignment="center"):
            take_home(text, chosen.trained.tokenizer)
            if branch.picks:
                st.button(
                    _("Remove this branch"), icon=":material/close:", key="remove-branch",
                    type="tertiary", on_click=_remove, args=(branch, there),
                )  # fmt: skip
    with right:
        show_place(chosen, text, there)
    _show_others(chosen, settings, [one for one in there if one != branch], there)


def _want_more(text: WrittenText) -> None:
    text.shall_go_on = True


def _choose(chosen: ChosenModel, branch: Branch, there: Sequence[Branch]) -> None:
    names = [str(place) for place in range(len(there))]
    st.session_state[KEY] = names[list(there).index(branch)]
    pickers.pills(
        _("Which text"), names, key=KEY, show=lambda one: escape(_name(chosen, there[int(one)])),
        on_change=lambda: look_at(there[int(st.session_state[KEY])], there),
        help=_("A branch comes after the text that it was forked from."),
    )  # fmt: skip


def _name(chosen: ChosenModel, branch: Branch) -> str:
    number = count(branch.sample + 1)
    if not branch.picks:
        return _("Text {number}", number=number)
    place, token = branch.picks[-1]
    return _(
        "{depth} {number}: “{token}” at {place}",
        depth="↳" * len(branch.picks), number=number, place=count(place + 1),
        token=glyph(chosen.trained.tokenizer.vocabulary[token]),
    )  # fmt: skip


def _remove(branch: Branch, there: Sequence[Branch]) -> None:
    """Drop a branch and all that were forked from it."""
    gone = [one for one in there if _comes_from(one, branch)]
    put_forks([one for one in forks() if one not in gone])
    left = [one for one in there if one not in gone]
    above = branch.parent if branch.parent in left else Branch(branch.sample)
    look_at(above, left, url.read_place(url.PLACE, branch.picks[-1][0] + 1, default=0))


def _comes_from(one: Branch, branch: Branch) -> bool:
    return one.sample == branch.sample and one.picks[: len(branch.picks)] == branch.picks


def _show_others(
    chosen: ChosenModel, settings: TextSettings, others: Sequence[Branch], there: Sequence[Branch]
) -> None:
    for branch in others:
        if (text := text_of(settings, branch)) is None or not text.tokens:
            continue
        name = _name(chosen, branch)
        with st.expander(escape(name), expanded=not branch.picks and settings.samples > 1):
            plain_text(text.text)
            st.button(
                _("Look into this one"), key=f"look-{list(there).index(branch)}",
                icon=":material/search:", on_click=look_at, args=(branch, there),
            )  # fmt: skip
