"""What the page of the inside is asked: all of it is in the address."""

from dataclasses import dataclass

import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.introspection.attribution.receipt import Part
from minigpt.introspection.trace import Trace
from minigpt.runs.analysis.receipt_report import name_of as part_name
from ui.components.model_picker import ChosenModel
from ui.i18n import _, numeral, translated
from ui.screens.inspect.overview import token_names
from ui.services.inside.prediction import ModelOnText
from ui.session import url
from ui.wording import glyph, percent

MOST_OFFERED, RARE = 64, 0.001
NOTHING = "-"
"""Where the address says that no second token is meant."""
TOKEN_KEYS = (url.NEXT, url.AGAINST)
CODES = {"attention_bias": "bias", "feed_forward": "ff", "offset": "offset"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """Why this next token after that place in the text, and not the other."""

    chosen: ChosenModel
    text: str
    tokens: tuple[str, ...]
    trace: Trace
    position: int
    offered: tuple[int, ...]
    """The tokens that can be asked about, the likeliest first."""
    token: int
    against: int | None

    @property
    def model_on_text(self) -> ModelOnText:
        """For the services."""
        return ModelOnText(self.chosen.run_id, self.chosen.step, self.text)

    @property
    def logits(self) -> Float[Tensor, " V"]:
        """The model's, after the chosen place."""
        return self.trace.logits[0, self.position]

    def label(self, token: int) -> str:
        """A token of the vocabulary as people read it."""
        return glyph(self.chosen.trained.tokenizer.vocabulary[token])

    @property
    def place(self) -> str:
        """The chosen place, counted from 1; in quotes, or a full stop ends every sentence twice."""
        return f"{self.position + 1} “{glyph(self.tokens[self.position])}”"

    def query(self, **more: object) -> dict[str, str]:
        """The address of the same model, text and place on another page."""
        chosen = {
            url.RUN: self.chosen.run_id, url.STEP: self.chosen.step, url.TEXT: self.text,
            url.TOKEN: self.position + 1, **more,
        }  # fmt: skip
        return {name: str(value) for name, value in chosen.items()}


def question_from_address(chosen: ChosenModel, text: str, trace: Trace) -> Question:
    """What the address asks; the likeliest token against the next likeliest where it says less."""
    tokens = token_names(chosen.trained.tokenizer, text)
    position = url.read_place(url.TOKEN, len(tokens), default=len(tokens) - 1)
    offered = _offered(trace.logits[0, position])
    wanted = [
        known_token(url.remembered_choice(name), len(trace.logits[0, 0])) for name in TOKEN_KEYS
    ]
    offered = tuple(dict.fromkeys([*offered, *(one for one in wanted if one is not None)]))
    token = wanted[0] if wanted[0] is not None else offered[0]
    against = wanted[1]
    if against is None and url.remembered_choice(url.AGAINST) != NOTHING:
        against = next((one for one in offered if one != token), None)
    return Question(
        chosen=chosen, text=text, tokens=tokens, trace=trace, position=position,
        offered=offered, token=token, against=None if against == token else against,
    )  # fmt: skip


def _offered(logits: Float[Tensor, " V"]) -> tuple[int, ...]:
    with torch.inference_mode():
        return tuple(logits.topk(min(MOST_OFFERED, len(logits))).indices.tolist())


def known_token(said: str | None, size: int) -> int | None:
    """A token's id that an address names, if it is one."""
    if said is None or not said.isascii() or not said.isdigit() or len(said) > 8:
        return None
    return int(said) if int(said) < size else None


def choose_place(token: int) -> None:
    """Ask after another token, counted from 0: what was asked at one place is not asked there."""
    url.write_choices(url.NEXT, url.AGAINST, **{url.TOKEN: token + 1})


def choose_tokens(question: Question) -> None:
    """Two boxes: which next token, and against which other."""
    options = [str(one) for one in question.offered]
    odds, nothing = question.logits.softmax(-1), _("nothing: the logit itself")
    mark = numeral(0.5, ".1f")[1]  # once: there are many names, drawn each time

    def show(one: str) -> str:
        if one == NOTHING:
            return nothing
        share = float(odds[int(one)])
        said = f"{100 * share:.1f}".replace(".", mark) if share > RARE else percent(share)
        return f"{question.label(int(one))}   {said} %"

    left, right = st.columns(2)
    with left:
        url.select(
            _("Why"), options, name=url.NEXT, default=str(question.token), show=show,
            help=_("The next token to explain; behind it, how likely the model finds it."),
        )  # fmt: skip
    with right:
        others = [NOTHING, *(one for one in options if one != str(question.token))]
        against = NOTHING if question.against is None else str(question.against)
        url.select(
            _("and not"), others, name=url.AGAINST, default=against, show=show,
            help=_(
                "The token it is compared with. A logit alone says little, because a number "
                "that is added to all logits changes no probability: what counts is how far one "
                "is above another."
            ),
        )  # fmt: skip


def in_words(question: Question) -> str:
    """What is asked, in a few words."""
    token = question.label(question.token)
    if question.against is None:
        return _("the logit of “{token}”", token=token)
    other = question.label(question.against)
    return _("“{token}” against “{other}”", token=token, other=other)


def code_of(part: Part) -> str:
    """A part as the address names it, such as 3.1 for a head or ff.2; counted from 1."""
    if part.layer is None:
        return str(part.kind)
    if part.head is not None:
        return f"{part.layer + 1}.{part.head + 1}"
    return f"{CODES[part.kind]}.{part.layer + 1}"


def name_of(part: Part) -> str:
    """A part as people read it."""
    return translated(part_name(part))
