"""The prediction as a sum over the parts of the model, and what each part is worth."""

import json
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.introspection.attribution.receipt import Part
from ui.charts.heads import as_page
from ui.charts.receipt import Line, bars_pixels, receipt_bars_chart, receipt_chart
from ui.i18n import _, ngettext, numeral
from ui.messages import escape
from ui.navigation import page_file
from ui.screens.inside.question import Question, code_of, in_words, name_of
from ui.screens.inspect.attention import draw_odds
from ui.services.inside.prediction import (
    Account,
    PartWork,
    effect_of_silencing,
    is_quick,
    lost_without,
    work_of,
)
from ui.session import url
from ui.theme import LIGHT, palette
from ui.wording import percent, scientific

if TYPE_CHECKING:
    from ui.charts.heads import Figure

MOST_BARS = 14
MIMES = {".csv": "text/csv", ".json": "application/json", ".html": "text/html"}
ALL = "all"
CLICKS = "receipt-clicks"
"""Key of the session: how often a bar was chosen."""
WANTED = "inside-worth-wanted"
"""Key of the session: of which question somebody wants to know what the parts are worth."""


def show_receipt(question: Question, account: Account) -> None:
    """Bars, the sum, a table, downloads; for the chosen part what to do with it."""
    st.subheader(escape(receipt_title(question)), anchor=False)
    place = st.empty()
    _show_sum(account)
    key, quick = (
        (question.model_on_text, question.position),
        is_quick(question.model_on_text, question.position),
    )
    if quick is None and st.session_state.get(WANTED) != key:
        _draw(question, account, None, place)
        st.caption(_("What each part is worth takes a while to measure in a model of this size."))
        st.button(_("Measure it"), on_click=_want, args=(key,))
        _show_table(question, account, lines_of(account, None))
        return
    if not quick:
        _draw(question, account, None, place)
    bar = st.empty()
    words = _("Taking each part away in turn …")
    worth = _worth(
        question, account, lambda share: None if quick else bar.progress(share, text=words)
    )
    bar.empty()
    _draw(question, account, worth, place)
    _explain()
    _show_table(question, account, lines_of(account, worth))


def receipt_title(question: Question) -> str:
    """What the figure answers."""
    token = question.label(question.token)
    if question.against is None:
        return _("What the logit of “{token}” is made of", token=token)
    other = question.label(question.against)
    return _("Why “{token}” and not “{other}”?", token=token, other=other)


def _want(key: object) -> None:
    st.session_state[WANTED] = key


def _worth(question: Question, account: Account, told: Callable[[float], object]) -> list[float]:
    """By how much the logit falls without each part, in the order of the receipt."""
    lost = lost_without(question.model_on_text, question.position, question.offered, told)
    columns = {token: column for column, token in enumerate(question.offered)}
    chosen = lost[:, columns[question.token]]
    if question.against is not None:
        chosen = chosen - lost[:, columns[question.against]]
    return [*chosen.tolist(), account.shares[-1]]  # nothing reads what is added last


def lines_of(account: Account, worth: list[float] | None) -> list[Line]:
    """A line for each part, in the order of the model."""
    known = worth or [math.nan] * len(account.parts)
    return [
        Line(name=name_of(part), share=share, worth=lost)
        for part, share, lost in zip(account.parts, account.shares, known, strict=True)
    ]


def largest_lines(lines: list[Line]) -> list[int]:
    """The lines that say most, by what they add or by what is lost without them."""

    def size(index: int) -> float:
        lost = lines[index].worth
        return max(abs(lines[index].share), 0.0 if math.isnan(lost) else abs(lost))

    return sorted(range(len(lines)), key=size, reverse=True)[:MOST_BARS]


def shown_lines(lines: list[Line]) -> list[Line]:
    """The largest, and one for all others, so that bars add up to the logit too."""
    kept = largest_lines(lines)
    rest = [line.share for index, line in enumerate(lines) if index not in kept]
    shown = [lines[index] for index in kept]
    if rest:
        others = ngettext("{count} other part", "{count} other parts", len(rest))
        shown.append(Line(name=others, share=sum(rest)))
    return shown


def _draw(
    question: Question, account: Account, worth: list[float] | None, place: DeltaGenerator
) -> None:
    lines = lines_of(account, worth)
    kept, shown, part = largest_lines(lines), shown_lines(lines), url.remembered_choice(url.PART)
    # A chart of its own for each click: a second click on a bar would take the first one back.
    key = f"receipt-bars-{st.session_state.get(CLICKS, 0)}{'' if worth else '-first'}"

    def chosen() -> None:
        for one in st.session_state[key].selection.selected:
            row = row_of(shown, one["series_index"], one["data_indices"])
            if row is not None and row < len(kept):
                st.session_state[CLICKS] = st.session_state.get(CLICKS, 0) + 1
                url.write_choices(**{url.PART: code_of(account.parts[kept[row]])})

    place.echarts_chart(
        receipt_bars_chart(
            shown, palette(),
            chosen=next((row for row, at in enumerate(kept) if code_of(account.parts[at]) == part),
                        None),
        ),
        height=palette().pixels(bars_pixels(len(shown))), key=key, on_select=chosen,
        alt=", ".join(f"{line.name} {numeral(line.share, '+.2f')}" for line in shown),
    )  # fmt: skip


def row_of(shown: list[Line], series: object, places: list[int]) -> int | None:
    """Which line was clicked: its bar, or its diamond, of which only known ones are drawn."""
    rows = list(range(len(shown)))
    if series == 1:
        rows = [at for at in rows if not math.isnan(shown[at].worth)]
    return rows[places[0]] if places and places[0] < len(rows) else None


def _show_sum(account: Account) -> None:
    st.caption(
        _(
            "All {count} parts add up to **{total:.5f}**; the forward pass says **{logit:.5f}**. "
            "Difference: {difference}.",
            count=len(account.parts), total=account.total, logit=account.logit,
            difference=scientific(account.total - account.logit),
        ),
        help=_(
            "What a part adds to the residual stream, and is still in it at the end, has its own "
            "share in the logit. Where a last norm divides the stream by its size, that size is "
            "held as it is at this place."
        ),
    )  # fmt: skip


def _explain() -> None:
    st.caption(
        _(
            "Bars: what each part adds itself. Diamonds: by how much the logit falls when the "
            "part brings nothing anywhere in the text. A diamond far from its bar is a part "
            "that speaks through later ones, or whose loss they make up for. Click a bar to look "
            "closer at its part."
        )
    )


def _show_table(question: Question, account: Account, lines: list[Line]) -> None:
    with st.expander(_("All parts as a table")):
        st.dataframe(
            receipt_table(account, lines), hide_index=True,
            column_config={
                _("adds itself"): st.column_config.NumberColumn(format="%+.4f"),
                _("is missed without it"): st.column_config.NumberColumn(format="%+.4f"),
            },
        )  # fmt: skip
    name = f"receipt-step{question.chosen.step}"
    files = {
        ".csv": (_("These numbers (CSV)"), lambda: to_csv(account, lines)),
        ".json": (_("These numbers (JSON)"), lambda: to_json(question, account, lines)),
        ".html": (
            _("These bars, a page to look at (HTML)"),
            lambda: as_page(_figure(lines), receipt_title(question), LIGHT).encode(),
        ),
    }
    with st.popover(_("Take it home"), icon=":material/download:", type="tertiary"):
        for ending, (label, make) in files.items():
            st.download_button(
                label, make, file_name=f"{name}{ending}", mime=MIMES[ending], on_click="ignore",
                type="tertiary",
            )  # fmt: skip


def to_csv(account: Account, lines: list[Line]) -> bytes:
    """The table as a file."""
    return receipt_table(account, lines).to_csv(index=False).encode()


def to_json(question: Question, account: Account, lines: list[Line]) -> bytes:
    """All numbers as a file."""
    return json.dumps(as_json(question, account, lines), indent=1).encode()


def _figure(lines: list[Line]) -> "Figure":
    return receipt_chart(shown_lines(lines), LIGHT)


def receipt_table(account: Account, lines: list[Line]) -> pd.DataFrame:
    """A row for each part, in the order of the model."""
    return pd.DataFrame(
        {
            _("part"): [line.name for line in lines],
            _("adds itself"): [line.share for line in lines],
            _("is missed without it"): [line.worth for line in lines],
        }
    )


def as_json(question: Question, account: Account, lines: list[Line]) -> dict[str, object]:
    """The names of `python -m minigpt receipt --json`, where it has them."""
    vocabulary = question.chosen.trained.tokenizer.vocabulary
    against = question.against
    return {
        "run": question.chosen.run_id,
        "step": question.chosen.step,
        "text": question.text,
        "position": question.position + 1,
        "token": vocabulary[question.token],
        "against": None if against is None else vocabulary[against],
        "logit": account.logit,
        "total": account.total,
        "parts": [
            {
                "part": part.kind,
                "layer": None if part.layer is None else part.layer + 1,
                "head": None if part.head is None else part.head + 1,
                "share": line.share,
                "worth": None if math.isnan(line.worth) else line.worth,
            }
            for part, line in zip(account.parts, lines, strict=True)
        ],
    }


def show_odds(question: Question) -> None:
    """What the model expects after the chosen place."""
    draw_odds(question.chosen.trained.tokenizer, question.logits)
    st.caption(_("What comes after token {place}.", place=escape(question.place)))


def choose_part(account: Account) -> Part | None:
    """A box that names every part; a click on its bar does the same."""
    by_code = {code_of(part): part for part in account.parts}
    has_heads = any(part.head is not None for part in account.parts)
    together = _("all heads together") if has_heads else _("no part")
    chosen = url.select(
        _("Look closer at"), [ALL, *by_code], name=url.PART, default=ALL,
        show=lambda code: together if code == ALL else name_of(by_code[code]),
        help=_("Or click it. Of a head, the text shows from where it brought what it adds."),
    )  # fmt: skip
    return by_code.get(chosen)


def _show_work(question: Question, part: Part, work: PartWork) -> None:
    if part.kind != "offset":
        words = _(
            "Its vector here is {length:.2f} long; the whole stream, after the last layer, is "
            "{stream:.2f}.",
            length=work.length, stream=work.stream,
        )  # fmt: skip
        st.markdown(escape(words))
    st.markdown(
        escape(
            _(
                "It raises {raised}, and lowers {lowered}, against its mean over all tokens.",
                raised=_pushes(question, work.raised), lowered=_pushes(question, work.lowered),
            )
        )
    )  # fmt: skip


def _show_experiment(question: Question, part: int) -> None:
    found = effect_of_silencing(question.model_on_text, question.position, part)
    if found is None:
        return
    odds = float(question.logits.softmax(-1)[question.token])
    words = _(
        "By experiment: were it silent in the whole text, “{token}” would come next with "
        "{without} %, not with {odds} %. For comparison, what the model finds likeliest at each "
        "place of the text would have {everywhere} % on average, not {usual} %.",
        token=question.label(question.token), odds=percent(odds),
        without=percent(float(found.without[question.token])),
        everywhere=percent(found.everywhere), usual=percent(found.usual),
    )  # fmt: skip
    st.markdown(escape(words))


def _pushes(question: Question, pushes: tuple[tuple[int, float], ...]) -> str:
    return ", ".join(
        _("“{token}” {push:+.2f}", token=question.label(token), push=push) for token, push in pushes
    )


def _to_neurons(layer: int) -> None:
    url.write_choices(url.NEURON, url.ASKING, **{url.LAYER: layer + 1, url.SECTION: "neurons"})


def show_part(question: Question, account: Account, part: Part | None) -> None:
    """What the chosen part adds, and where to see it at work."""
    if part is None:
        return
    place = account.parts.index(part)
    words = _(
        "{part} adds {share:+.3f} to {what}",
        part=name_of(part), share=account.shares[place], what=in_words(question),
    )  # fmt: skip
    st.markdown(f"**{escape(words)}**")
    _show_experiment(question, place)
    _show_work(question, part, work_of(question.model_on_text, question.position, place))
    if part.kind == "feed_forward" and part.layer is not None:
        st.button(
            _("See its neurons"), icon=":material/scatter_plot:", type="tertiary",
            on_click=_to_neurons, args=(part.layer,),
        )  # fmt: skip
    if part.head is None or part.layer is None:
        return
    st.page_link(
        page_file("attention"), label=_("See where this head looks"), icon=":material/grid_on:",
        query_params=question.query(
            **{url.LAYER: part.layer + 1, url.HEAD: part.head + 1, url.FLOW: "contribution"}
        ),
    )  # fmt: skip
