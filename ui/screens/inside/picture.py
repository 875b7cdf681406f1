"""One picture of the whole model, and what each part of it did at the chosen place of the text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import streamlit as st

from minigpt.models.anatomy import Anatomy, Piece, anatomy
from minigpt.sentences import N_
from ui.components.model_picker import ChosenModel
from ui.components.whole_model.model_map import MapRow, MapStage, PartBox, RowWay, model_map
from ui.i18n import _, ngettext, numeral, translated
from ui.messages import escape
from ui.navigation import page_file
from ui.screens.inside.question import Question, code_of, in_words
from ui.screens.inspect.overview import AttentionView
from ui.services.inside.prediction import Account, likely_after_each_step
from ui.session import url
from ui.wording import count, percent

TITLES = {
    "token": N_("token's vector"),
    "ngrams": N_("vectors of n-grams"),
    "position": N_("position's vector"),
    "feed_forward": N_("feed-forward"),
    "output": N_("output"),
}
STARTS = ("token", "ngrams", "position")
OUTPUT = "output"
RARE = 0.01
"""What is rarer is told by more digits than none."""
Likeliest = Sequence[tuple[int, float]]
"""Tokens with their probabilities."""


@dataclass(frozen=True)
class Picture:
    """The rows of the picture, and the code of each part in it."""

    rows: tuple[MapRow, ...]
    codes: tuple[str, ...]


def body_of(chosen: ChosenModel) -> Anatomy:
    """What the chosen model is made of."""
    model = chosen.trained.model
    return anatomy(model.config, model.vocabulary_size)


def picture_of(chosen: ChosenModel, amounts: dict[str, float]) -> Picture:
    """The chosen model as rows.

    Args:
        chosen: The model.
        amounts: What colours say, by the codes of parts; parts without are not coloured.
    """
    body, codes = body_of(chosen), list[str]()
    rows = [MapRow(kind="words", title=_("tokens of your text"))]
    for piece in body.start:
        rows.append(_single(piece, body, amounts, codes, way="starts"))
    if getattr(chosen.trained.model.config, "position", None) == "rotary":
        rows.append(MapRow(kind="words", title=_("positions: by turning queries and keys")))
    for layer, block in enumerate(body.blocks):
        numbers = sum(piece.parameters for piece in block)
        title = _("Layer {layer}: {count} numbers", layer=layer + 1, count=count(numbers))
        rows.append(MapRow(kind="layer", title=title))
        rows += [_in_block(piece, body, amounts, codes) for piece in block]
    for piece in body.end:
        if piece.kind == "final_norm":
            words = _("last norm: {count} numbers", count=count(piece.parameters))
            rows.append(MapRow(kind="norm", title=words, on_stream=True))
        else:
            rows.append(_single(piece, body, amounts, codes, way="reads"))
    ends = _("a logit for each of {count} tokens", count=count(body.vocabulary_size))
    rows.append(MapRow(kind="words", title=ends))
    return Picture(tuple(rows), tuple(codes))


def _in_block(piece: Piece, body: Anatomy, amounts: dict[str, float], codes: list[str]) -> MapRow:
    way: RowWay = "replaced" if body.way == "replaced" else "added"
    if piece.kind.endswith("_norm"):
        return MapRow(kind="norm", title=_("norm"), on_stream=body.way == "normalised")
    if piece.kind == "feed_forward":
        return _single(piece, body, amounts, codes, way=way)
    layer, boxes = (piece.layer or 0) + 1, []
    for head in range(piece.heads):
        code = f"{layer}.{head + 1}"
        words = _("head {code}, {channels} channels", code=code, channels=body.width // piece.heads)
        boxes.append(
            PartBox(title=code, heard=_heard(words, code, amounts), amount=amounts.get(code))
        )
        codes.append(code)
    return MapRow(kind="parts", parts=boxes, way=way)


def _single(
    piece: Piece, body: Anatomy, amounts: dict[str, float], codes: list[str], *, way: RowWay
) -> MapRow:
    code = f"ff.{(piece.layer or 0) + 1}" if piece.kind == "feed_forward" else str(piece.kind)
    title, detail = translated(TITLES[piece.kind]), shapes_of(piece, body)
    words = _("{part}: {shapes}", part=title, shapes=detail)
    codes.append(code)
    box = PartBox(
        title=title, detail=detail, heard=_heard(words, code, amounts), amount=amounts.get(code)
    )
    return MapRow(kind="parts", parts=[box], way=way)


def _heard(words: str, code: str, amounts: dict[str, float]) -> str:
    if code not in amounts:
        return words
    return _("{part}, adds {share:+.3f}", part=words, share=amounts[code])


def shapes_of(piece: Piece, body: Anatomy) -> str:
    """The shapes of a part in few words, and how many numbers it has learnt."""
    if piece.shared:
        return _("the token's vectors again")
    if not piece.shapes:
        return _("nothing learnt")
    matrices = [shape for shape in piece.shapes.values() if len(shape) == 2]
    if piece.kind == "feed_forward":
        shown = " → ".join(str(one) for one in (body.width, matrices[-1][1], body.width))
    else:
        shown = " × ".join(str(one) for one in matrices[0]) if matrices else ""
    return _("{shape}: {count} numbers", shape=shown, count=count(piece.parameters))


def amounts_of(account: Account | None) -> dict[str, float]:
    """What each part adds, by its code."""
    if account is None:
        return {}
    return {code_of(part): share for part, share in zip(account.parts, account.shares, strict=True)}


def show_picture(question: Question, account: Account | None, *, chosen: str) -> None:
    """The picture with its colours, and the pass that can be played.

    Args:
        question: What is asked.
        account: The receipt, if there is one.
        chosen: The code of the chosen part.
    """
    amounts = amounts_of(account)
    picture = picture_of(question.chosen, amounts)
    shown = [abs(amounts[code]) for code in picture.codes if code in amounts]
    model_map(
        picture.rows,
        key="model-map",
        chosen=picture.codes.index(chosen) if chosen in picture.codes else None,
        label=_("The model from top to bottom. Arrow keys choose a part."),
        high=max(shown, default=1.0) or 1.0,
        stages=list(_stages(question, picture)),
        before=_("Play: one pass of your text through the model, stage by stage."),
        on_choose=lambda index: url.write_choices(**{url.PART: picture.codes[index]}),
    )
    _explain(question, account)


def _explain(question: Question, account: Account | None) -> None:
    count_all = question.chosen.trained.model.num_parameters
    st.caption(
        ngettext(
            "Drawn from the model's configuration: {number} number it has learnt in all.",
            "Drawn from the model's configuration: {number} numbers it has learnt in all.",
            count_all, number=count(count_all),
        )
    )  # fmt: skip
    if account is not None:
        st.caption(
            escape(
                _(
                    "Colour: what a part adds to {what} after token {place}; blue raises it, brown "
                    "lowers it.",
                    what=in_words(question), place=question.place,
                )
            )
        )  # fmt: skip


def _stages(question: Question, picture: Picture) -> Iterator[MapStage]:
    """What the model would say after each part of the pass; real numbers of one real pass."""
    likely = iter(likely_after_each_step(question.model_on_text, question.position))
    places = {code: place for place, code in enumerate(picture.codes)}
    start = [places[code] for code in STARTS if code in places]
    yield MapStage(
        parts=start, words=_would_say(_("The vectors are added up"), next(likely), question)
    )
    for layer in range(len(body_of(question.chosen).blocks)):
        heads = [place for code, place in places.items() if code.startswith(f"{layer + 1}.")]
        words = _("Layer {layer}, heads", layer=layer + 1)
        yield MapStage(parts=heads, words=_would_say(words, next(likely), question))
        fed, after = places.get(f"ff.{layer + 1}"), next(likely)
        if fed is not None:
            words = _("Layer {layer}, feed-forward", layer=layer + 1)
            yield MapStage(parts=[fed], words=_would_say(words, after, question))
    if OUTPUT in places:
        odds = question.logits.softmax(-1).topk(min(3, len(question.logits)))
        likeliest = list(zip(odds.indices.tolist(), odds.values.tolist(), strict=True))
        words = _("Output: what the model says")
        yield MapStage(parts=[places[OUTPUT]], words=_with_odds(words, likeliest, question))


def _would_say(words: str, likeliest: Likeliest, question: Question) -> str:
    return _(
        "{stage}. If it stopped here, it would say {odds}",
        stage=words, odds=_odds(likeliest, question),
    )  # fmt: skip


def _with_odds(words: str, likeliest: Likeliest, question: Question) -> str:
    return _("{stage}: {odds}", stage=words, odds=_odds(likeliest, question))


def _odds(likeliest: Likeliest, question: Question) -> str:
    named = [
        _("{token} {share} %", token=question.label(token), share=_rounded(share))
        for token, share in likeliest
    ]
    return ", ".join(named)


def _rounded(share: float) -> str:
    return percent(share) if share < RARE else numeral(100 * share, ".0f")


def show_here(view: AttentionView) -> None:
    """Where the chosen head is in the model; a touch goes to another one, a link to all of it."""
    picture = picture_of(view.chosen, {})
    left, right = st.columns([2, 3], vertical_alignment="center")
    with left:
        model_map(
            picture.rows,
            key="here-map",
            chosen=picture.codes.index(f"{view.layer + 1}.{view.head + 1}"),
            label=_("Where this head is in the model. Arrow keys choose another."),
            small=True,
            on_choose=lambda index: _go_to(picture.codes[index]),
        )
    with right:
        st.page_link(
            page_file("inside"),
            label=_("What this head adds to the prediction"),
            icon=":material/account_tree:",
            query_params={
                url.RUN: view.chosen.run_id, url.STEP: str(view.chosen.step),
                url.TEXT: view.text, url.TOKEN: str(view.query + 1),
                url.PART: f"{view.layer + 1}.{view.head + 1}",
            },
        )  # fmt: skip


def _go_to(code: str) -> None:
    layer, _dot, head = code.partition(".")
    if layer.isdigit() and head.isdigit():
        url.write_choices(**{url.LAYER: layer, url.HEAD: head})
