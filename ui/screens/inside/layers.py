"""Layer by layer: what the model would say, how long the stream grows, where it comes from."""

import pandas as pd
import streamlit as st

from minigpt.introspection.ablation import Head
from ui.components.head_tiles import head_title
from ui.components.tables import column_format, in_language, save_table
from ui.components.token_strip import Channel, token_strip
from ui.components.whole_model.lens_grid import LensCell, lens_grid
from ui.i18n import _
from ui.messages import escape
from ui.screens.inside.question import Question, choose_place
from ui.screens.inspect.head.switchboard import heads_off, is_by_mean, what_silent_heads_bring
from ui.services.inside.layers import Lens, evenly_rolled_out, lens_of, rolled_out
from ui.session import url
from ui.wording import number


def show_layers(question: Question) -> None:
    """The lens over the text, the lengths at the chosen place, and rollout."""
    off = tuple(heads_off(question.chosen))
    found = lens_of(question.model_on_text, off, by_mean=is_by_mean())
    st.subheader(_("What it would say after each layer"), anchor=False)
    _explain(question)
    _show_off(question, off)
    _show_grid(question, found)
    left, right = st.columns(2, gap="large")
    with left:
        _show_lengths(question, found)
    with right:
        _show_rollout(question)


def _explain(question: Question) -> None:
    chance = 100 / len(question.logits)
    st.caption(
        _(
            "Each cell reads the stream there as if it were the last one (the logit lens): the "
            "likeliest next token, the stronger in colour the surer; guessing evenly would be "
            "{chance} %. Underlined is what the whole model says. No early layer was trained to "
            "be read so: this shows how far the answer has come, and not what a layer thinks.",
            chance=number(chance),
        )
    )


def _show_off(question: Question, off: tuple[Head, ...]) -> None:
    if off:
        names = ", ".join(head_title(*place, "") for place in off)
        st.warning(_("Heads {names} are silent here.", names=names), icon=":material/toggle_off:")
        if is_by_mean():
            chosen, text = question.chosen, question.text
            st.caption(what_silent_heads_bring(chosen.run_id, chosen.step, text))
        st.button(_("Let all heads work"), on_click=url.drop_from_url, args=(url.OFF,))


def stage_names(found: Lens) -> list[str]:
    """What the rows are called."""
    layers = len(found.likeliest) - 1
    return [_("vectors"), *(_("layer {layer}", layer=one + 1) for one in range(layers))]


def _show_grid(question: Question, found: Lens) -> None:
    vocabulary = question.chosen.trained.tokenizer.vocabulary
    final = [place[0][0] for place in found.likeliest[-1]]
    cells = [
        [
            LensCell(
                likeliest=[(vocabulary[token], share) for token, share in place],
                is_final=place[0][0] == final[column],
            )
            for column, place in enumerate(row)
        ]
        for row in found.likeliest
    ]
    lens_grid(
        stage_names(found), question.tokens, cells,
        key="lens-grid",
        label=_("A row for each layer, a column for each token. Arrow keys choose a token."),
        unit=_("probability of the token in the cell"),
        chosen=question.position,
        on_choose=lambda _row, column: choose_place(column),
    )  # fmt: skip
    save_table(lens_table(question, found), f"lens-step{question.chosen.step}")


def lens_table(question: Question, found: Lens) -> pd.DataFrame:
    """A row for each stage and place: the likeliest token there and its probability."""
    vocabulary, rows = question.chosen.trained.tokenizer.vocabulary, []
    for stage, row in zip(stage_names(found), found.likeliest, strict=True):
        for place, likeliest in enumerate(row):
            token, share = likeliest[0]
            rows.append((stage, place + 1, question.tokens[place], vocabulary[token], share))
    columns = [_("after"), _("place"), _("token"), _("likeliest next"), _("probability")]
    return pd.DataFrame(rows, columns=columns)


def lengths_table(question: Question, found: Lens) -> pd.DataFrame:
    """How long the stream is after each stage, and what was added, at the chosen place."""
    place, stages = question.position, stage_names(found)
    return pd.DataFrame(
        {
            _("after"): stages,
            _("heads added"): [0.0, *(one[place] for one in found.attended)],
            _("feed-forward added"): [0.0, *(one[place] for one in found.fed)],
            _("stream"): [one[place] for one in found.stream],
        }
    )


def _show_lengths(question: Question, found: Lens) -> None:
    st.subheader(_("How long the vectors are"), anchor=False)
    table = lengths_table(question, found)
    usual = st.column_config.NumberColumn(format=column_format("%.2f"))
    formats = dict.fromkeys(table.columns[1:-1], usual)
    longest = float(table.iloc[:, -1].max())
    last = st.column_config.ProgressColumn(format="%.2f", min_value=0.0, max_value=longest)
    st.dataframe(
        in_language(table, dict.fromkeys(formats, ".2f")), hide_index=True,
        column_config={**formats, table.columns[-1]: last},
    )  # fmt: skip
    save_table(table, f"lengths-step{question.chosen.step}-token{question.position + 1}")
    st.caption(
        _(
            "Lengths of the vectors at token {place}. A stream that has grown long is hard to "
            "turn: what a later part adds counts for less.",
            place=escape(question.place),
        )
    )


def _show_rollout(question: Question) -> None:
    st.subheader(_("Attention rollout"), anchor=False)
    if not question.trace.layers:
        st.caption(_("This model has no attention, so nothing flows between places."))
        return
    rolled = rolled_out(question.model_on_text)[-1, question.position]
    even = evenly_rolled_out(question.model_on_text)[-1, question.position]
    token_strip(
        question.tokens,
        key="rollout-strip",
        label=_("The text; its background is attention followed back through all layers."),
        chosen=question.position,
        background=Channel(
            values=rolled, high=float(rolled.max()), unit=_("share, an approximation")
        ),
        group="rollout",
        on_choose=choose_place,
    )
    st.caption(
        _(
            "Attention followed back through all layers to the tokens (Abnar and Zuidema 2020). An "
            "approximation: heads are averaged whatever they bring, half of each layer is taken to "
            "be what was there before, and feed-forward parts are left out. Heads that look "
            "everywhere alike would give {own} % to the token itself, {first} % to the first one "
            "and {least} % where it is least.",
            own=number(100 * even[question.position]),
            first=number(100 * even[0]),
            least=number(100 * even[: question.position + 1].min()),
        )
    )
