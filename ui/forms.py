"""Configuration classes as forms. The widgets follow from the classes, the rules stay there."""

import dataclasses
import typing
from collections.abc import Iterable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.errors import MiniGPTError
from minigpt.runs.config import TokenizerConfig
from minigpt.tokenizers import TOKENIZERS
from ui.field_help import field_help
from ui.messages import escape

COLUMNS = 2


@dataclasses.dataclass
class Form:
    """Values people chose, by setting path, and the place under each widget for a complaint."""

    key: str
    """Widgets of forms with different keys are different widgets with their own defaults."""
    values: dict[str, Any] = dataclasses.field(default_factory=dict)
    _slots: dict[str, DeltaGenerator] = dataclasses.field(default_factory=dict)

    def draw(self, section: str, defaults: Any, names: Iterable[str]) -> None:
        """Widgets for some fields of one section, two in a row."""
        hints = typing.get_type_hints(type(defaults))
        texts = field_help(type(defaults))
        columns: list[DeltaGenerator] = []
        for index, name in enumerate(names):
            if index % COLUMNS == 0:
                columns = list(st.columns(COLUMNS))
            path = f"{section}.{name}"
            with columns[index % COLUMNS]:
                self.values[path] = _widget(
                    label(name), hints[name], getattr(defaults, name), texts.get(name, ""),
                    key=f"{self.key}/{path}",
                )  # fmt: skip
                self._slots[path] = st.empty()

    def draw_tokenizer(self, default: TokenizerConfig) -> None:
        """Which tokens the model reads, and how many kinds there are where that is a choice."""
        left, right = st.columns(COLUMNS)
        kinds = list(TOKENIZERS)
        kind = left.selectbox(
            "Tokens", kinds, index=kinds.index(default.kind), key=f"{self.key}/tokenizer.kind",
            format_func=lambda one: TOKENIZERS[one].title,
            help="The pieces a text is cut into. Try them on the Text page.",
        )  # fmt: skip
        self.values["tokenizer.kind"] = kind
        self._slots["tokenizer.kind"] = left.empty()
        size = default.vocabulary_size or TOKENIZERS[kind].default_vocabulary_size
        if TOKENIZERS[kind].default_vocabulary_size is None or size is None:
            self.values["tokenizer.vocabulary_size"] = None
            return
        self.values["tokenizer.vocabulary_size"] = right.number_input(
            "Kinds of token", value=size, step=64, key=f"{self.key}/{kind}/vocabulary_size",
            help="More kinds make texts shorter and the model larger.",
        )  # fmt: skip
        self._slots["tokenizer.vocabulary_size"] = right.empty()

    def draw_seed(self, default: int) -> None:
        """The one setting that belongs to no section."""
        self.values["seed"] = st.number_input(
            "Seed", value=default, step=1, key=f"{self.key}/seed",
            help="Where the random numbers start. Equal seeds give equal runs.",
        )  # fmt: skip
        self._slots["seed"] = st.empty()

    def complain(self, error: MiniGPTError) -> None:
        """Show the message beside the field it belongs to, if that field is on the form."""
        slot = self._slots.get(error.field or "")
        if slot is not None:
            slot.error(escape(error.message))


def label(name: str) -> str:
    """A field's name as a label."""
    return name.replace("_", " ").capitalize()


def _widget(text: str, hint: Any, default: Any, help_text: str, *, key: str) -> Any:
    if typing.get_origin(hint) is typing.Literal:
        options = list(typing.get_args(hint))
        return st.selectbox(
            text, options, index=options.index(default), key=key, help=help_text,
            format_func=lambda option: str(option).replace("_", " "),
        )  # fmt: skip
    if hint is bool:
        return st.toggle(text, value=default, key=key, help=help_text)
    if hint is int:
        return st.number_input(text, value=default, step=1, key=key, help=help_text)
    if hint is float:
        return st.number_input(
            text, value=default, step=_step(default), format="%.6g", key=key, help=help_text
        )
    raise TypeError(f"no widget for {hint}")


def _step(default: float) -> float:
    """A tenth of the value, so that the buttons move it by something that matters."""
    return abs(default) / 10 or 0.1
