"""Configuration classes as forms. The widgets follow from the classes, the rules stay there."""

import dataclasses
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.configuration import THOUSANDS, coerce, field_help, read_decimal, setting_types
from minigpt.errors import ConfigurationError, MiniGPTError
from minigpt.runs.config import (
    LARGEST_SEED,
    LONGEST_ATTENTION_TEXT,
    RunConfig,
    TokenizerConfig,
)
from minigpt.sentences import N_
from minigpt.tokenizers import TOKENIZERS
from ui import pickers
from ui.forms.labels import also_called, choice, label, meaning_of_zero
from ui.forms.rules import Rule
from ui.i18n import _, numeral, translated
from ui.messages import escape
from ui.session.form_state import current_form

COLUMNS = 2
SEED_HELP = N_("Where the random numbers start. Equal seeds give equal runs.")

Rules = Callable[[str, Mapping[str, Any]], Rule]


def no_rules(path: str, values: Mapping[str, Any]) -> Rule:
    """Every field means something, with all its choices."""
    return Rule()


@dataclasses.dataclass
class Form:
    """Values people chose, by setting path, and the place under each widget for a complaint.

    What differs from the defaults is held, see `ui.session.form_state`.
    """

    key: str
    """Widgets of forms with different keys are different widgets with their own defaults."""
    rules: Rules = no_rules
    """What to do about a field, given its path and the values before it."""
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    _slots: dict[str, DeltaGenerator] = dataclasses.field(default_factory=dict)
    _folds: dict[str, str] = dataclasses.field(default_factory=dict)
    _fold: str = ""

    @contextmanager
    def folded(self, title: str) -> Iterator[None]:
        """What is drawn in here is out of sight until people open it."""
        with st.expander(title):
            self._fold = title
            yield
            self._fold = ""

    def draw(self, config: RunConfig, paths: Iterable[str]) -> None:
        """Widgets for some settings, such as "training.steps", two in a row."""
        columns: list[DeltaGenerator] = []
        for index, path in enumerate(paths):
            if index % COLUMNS == 0:
                columns = list(st.columns(COLUMNS))
            with columns[index % COLUMNS], st.container(gap="xsmall"):
                section, _, name = path.rpartition(".")
                if section:
                    self._setting(path, getattr(config, section), name)
                else:
                    self._field(path, int, getattr(config, name), SEED_HELP)

    def _setting(self, path: str, defaults: Any, name: str) -> None:
        kind = type(defaults)
        hint, text = setting_types(kind)[name], field_help(kind).get(name, "")
        self._field(path, hint, getattr(defaults, name), text)

    def draw_tokenizer(self, default: TokenizerConfig) -> None:
        """Which tokens the model reads, and how many kinds there are where that is a choice."""
        left, right = st.columns(COLUMNS)
        kinds, path = list(TOKENIZERS), "tokenizer.kind"
        key, wanted = self._wanted(path, typing.Literal[tuple(kinds)], default.kind)
        with left:
            kind = pickers.select_box(
                _("Tokens"), kinds, **_shown(key, wanted, kinds), key=key,
                show=lambda kind: translated(TOKENIZERS[kind].title),
                help=_("The pieces a text is cut into. Try them on the Text page."),
                on_change=_follow_kind, args=(path, key, default.kind),
            )  # fmt: skip
            self.values[path], self._slots[path] = kind, st.empty()
        size = TOKENIZERS[kind].default_vocabulary_size
        if kind == default.kind:
            size = default.vocabulary_size or size
        if TOKENIZERS[kind].default_vocabulary_size is None or size is None:
            self.values["tokenizer.vocabulary_size"] = None
            return
        with right:
            self._field(
                "tokenizer.vocabulary_size", int, size,
                N_("More kinds make texts shorter and the model larger."),
                words=_("Kinds of token"), step=64,
            )  # fmt: skip

    def complain(self, error: MiniGPTError) -> None:
        """Show the message beside the field it belongs to, if that field is on the form."""
        slot = self._slots.get(error.field or "")
        if slot is not None:
            slot.error(escape(translated(error.message)))

    def fold_of(self, error: MiniGPTError) -> str:
        """The title of what its field is folded into; empty where it lies open or is none."""
        return self._folds.get(error.field or "", "")

    def _field(
        self,
        path: str,
        hint: Any,
        default: Any,
        help_text: str,
        *,
        words: str = "",
        step: int = 1,
    ) -> None:
        rule = self.rules(path, self.values)
        key, wanted = self._wanted(path, hint, default)
        said = (translated(help_text), also_called(path), rule.note, rule.off)
        common = {
            **current_form().bind_widget(path, key, _written(default)),
            "help": " ".join(filter(None, said)),
            "disabled": bool(rule.off),
        }
        text, options = words or label(path.rpartition(".")[2]), rule.options
        self.values[path] = _widget(text, hint, wanted, common, options=options, step=step)
        self._slots[path], self._folds[path] = st.empty(), self._fold
        if zero := meaning_of_zero(help_text):  # at any value, or the page would jump at some
            self._slots[path].caption(translated(zero))

    def _wanted(self, path: str, hint: Any, default: Any) -> tuple[str, Any]:
        """The key of a field's widget, and the value it shall show."""
        asked = current_form().get_value(path)
        wanted = _understood(asked, hint, path, default)
        key = f"{self.key}/{path}"
        # What was typed and is no number stays, with the complaint under it; in an address it is
        # as good as nothing.
        if hint is float and asked is not None and asked == st.session_state.get(key):
            return key, _as_number(asked)
        return key, wanted


def _understood(given: str | None, hint: Any, path: str, default: Any) -> Any:
    """A kept value as its type; the default where there is none, or none that can be shown."""
    if given is None:
        return default
    try:
        value = coerce(given, hint, path)
    except ConfigurationError:
        return default
    # A browser cannot tell larger whole numbers apart, and Streamlit refuses them.
    return default if hint is int and abs(value) > LARGEST_SEED else value


def _widget(
    text: str, hint: Any, wanted: Any, common: dict[str, Any], *,
    options: tuple[str, ...] | None, step: int,
) -> Any:  # fmt: skip
    key = common["key"]
    if typing.get_origin(hint) is typing.Literal:
        name = key.rpartition(".")[2]
        offered = list(options or typing.get_args(hint))
        return pickers.select_box(
            text, offered, **_shown(key, wanted, offered), **common,
            show=lambda option: choice(name, option),
        )  # fmt: skip
    if hint is bool:
        return st.toggle(text, **_shown(key, wanted), **common)
    if hint is int:
        return st.number_input(text, step=step, **_shown(key, wanted), **common)
    if hint is float:
        # A box for numbers would drop a decimal comma without a word: 0,001 would be 1.
        shown = wanted if isinstance(wanted, str) else _written(wanted)
        return _as_number(st.text_input(text, max_chars=30, **_shown(key, shown), **common))
    if hint is str:
        return st.text_input(
            text, max_chars=LONGEST_ATTENTION_TEXT, **_shown(key, wanted), **common
        )
    raise TypeError(f"no widget for {hint}")


def _shown(key: str, wanted: Any, options: list[str] | None = None) -> dict[str, Any]:
    """The argument that makes a widget show a value.

    A widget that is there already is told through the session; Streamlit then objects to a default.
    """
    if options is not None and wanted not in options:
        wanted = options[0]
    if key in st.session_state and st.session_state[key] != wanted:
        st.session_state[key] = wanted
        return {}
    return {"value": wanted} if options is None else {"index": options.index(wanted)}


def _follow_kind(path: str, key: str, default: str) -> None:
    # Another tokenizer starts from its own size.
    form = current_form()
    form.set_values({"tokenizer.vocabulary_size": None})
    form.read_widget(path, key, default)


def written_number(value: float) -> str:
    """All digits that a number has, without an exponent.

    >>> written_number(1e-05), written_number(3.0)
    ('0.00001', '3')
    """
    return np.format_float_positional(value, trim="-")


def _written(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    shown = numeral(Decimal(written_number(value)), "f")
    # A comma before three digits may part thousands: who reads it would have to ask.
    return f"{shown}0" if "," in shown and THOUSANDS.fullmatch(shown) else shown


def _as_number(typed: str) -> float | str:
    """What somebody typed, as a number; as it is where it is none, for the settings to refuse."""
    try:
        return read_decimal(typed)
    except ValueError:
        return typed
