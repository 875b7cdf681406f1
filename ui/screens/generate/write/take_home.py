"""A text in the clipboard or in a file: as it is, or with all that is known of each token.

Beside it stands the way to the question whether it was copied.
"""

import json
from dataclasses import asdict

import streamlit as st

from minigpt.tokenizers import Tokenizer
from ui.components.drawing import register_component
from ui.i18n import _
from ui.screens.generate.asking import ask_whether_copied
from ui.session.texts import WrittenText

COPYING = """
<div class="root copying"><button class="save" type="button"></button>
<span class="heard" role="status"></span></div>
"""


def take_home(text: WrittenText, tokenizer: Tokenizer | None = None, *, place: int = 0) -> None:
    """Buttons that copy, save and ask about a text; `place` tells them from those of others."""
    copy_button(text.text, key=f"copy-{place}")
    name = f"{text.settings.run}-step-{text.settings.step}-seed-{text.seed}"
    st.download_button(
        _("Download"), lambda: text_file(text), icon=":material/download:", on_click="ignore",
        file_name=f"{name}.txt", mime="text/plain", key=f"download-{place}",
    )  # fmt: skip
    if tokenizer:
        st.download_button(
            _("As JSON"), lambda: json_file(text, tokenizer), icon=":material/data_object:",
            on_click="ignore", file_name=f"{name}.json", mime="application/json",
            key=f"download-json-{place}",
            help=_("With the settings and, for each token, its odds and the number that decided."),
        )  # fmt: skip
    ask_whether_copied(
        text.continuation, run=text.settings.run, step=text.settings.step, key=f"ask-{place}"
    )


def copy_button(text: str, *, key: str) -> None:
    """Offer to put a text, any text, into the clipboard just as it is."""
    words = {"copy": _("Copy"), "copied": _("Copied"), "failed": _("This browser copies nothing")}
    register_component("copy_button", COPYING)(
        key=key, data={"text": text, "words": words}, width="content"
    )


def text_file(text: WrittenText) -> bytes:
    """The text and, below it, what it takes to have it written once more."""
    lines = (f"{name}: {value!r}" for name, value in _settings(text).items())
    return "\n".join([text.text, "", "---", *lines, ""]).encode("utf-8")


def json_file(text: WrittenText, tokenizer: Tokenizer) -> bytes:
    """The text with its settings and, for each token, its odds and the number that decided."""
    return as_json(all_that_is_known(text, tokenizer))


def as_json(found: object) -> bytes:
    """What a program can read, with letters as they are."""
    return json.dumps(found, ensure_ascii=False, indent=1).encode()


def all_that_is_known(text: WrittenText, tokenizer: Tokenizer) -> dict[str, object]:
    """The same, for a file of several texts."""
    picked = dict(text.branch.picks)
    tokens = [
        {
            "id": token.id,
            "token": tokenizer.vocabulary[token.id],
            "probability": token.probability,
            "model_probability": token.model_probability,
            "uniform": token.uniform,
            "picked": place in picked,
        }
        for place, token in enumerate(text.tokens)
    ]
    return {**_settings(text), "text": text.text, "ended": text.has_ended, "tokens": tokens}


def _settings(text: WrittenText) -> dict[str, object]:
    settings = asdict(text.settings) | {"seed": text.seed}
    del settings["samples"]  # the others are other texts
    picks = {"picks": [list(pick) for pick in text.branch.picks]} if text.branch.picks else {}
    return {"model": text.model, **settings, **picks}
