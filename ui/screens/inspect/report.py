"""What each head is for: the report card of a model, as it is being measured."""

import json
import math

import pandas as pd
import streamlit as st
from torch import Tensor

from minigpt.errors import MiniGPTError
from minigpt.introspection.patterns import Pattern
from minigpt.introspection.report_card import ReportCard
from minigpt.runs.analysis.head_report import card_as_json, given_words, joint_effect_words
from minigpt.sentences import N_
from ui import messages
from ui.components.head_tiles import head_title
from ui.components.plain_text import plain_text
from ui.components.tables import column_format, in_language
from ui.i18n import _, numeral, translated
from ui.screens.inspect.head.switchboard import is_by_mean
from ui.screens.inspect.overview import AttentionView
from ui.services.heads import SharedCard, effects_on_text, head_card
from ui.services.runs import corpus_title, snapshot
from ui.session.unheard import draw_anew

TICK_SECONDS, WORK_SECONDS = 1.0, 0.4
"""How often a measurement is looked at, and how long it is gone on with each time."""
BETWEEN_WINDOWS = "\n⋯\n"
SHARES = ("share", "by chance", "untrained", "evenness")
NAMES = {
    "previous": N_("previous token"),
    "first": N_("first token"),
    "itself": N_("itself"),
    "same": N_("same token"),
    "marks": N_("punctuation"),
    "copied": N_("induction"),
    "mixed": N_("mixed"),
    "": "",
}
PLACES = {
    "previous": N_("the token just before"),
    "first": N_("the first token of the text"),
    "itself": N_("the token that looks"),
    "same": N_("earlier copies of the token that looks"),
    "marks": N_("punctuation"),
    "copied": N_("what came after an earlier copy"),
}
"""What a head may look at, in words that need no paper."""
PLACES_IN_FULL = PLACES | {
    "copied": N_("what came after an earlier copy of the token, where it comes next again"),
}
COLUMN_HELP = {
    "without it": N_("How much the loss rises when this head is silenced, on the model's own "
                     "validation text."),
    "on your text": N_("The same on the text in the box above."),
    "looks most at": N_("Where it looks most, compared with chance. What came after an earlier "
                        "copy is counted only where the text goes on like that again."),
    "share": N_("Of its attention, how much goes there: 1 is all of it."),
    "by chance": N_("The share that a head would give there which looks everywhere alike."),
    "untrained": N_("The share that this head gave there before training."),
    "blind to it": N_("How much the loss rises when the head may no longer look there, and only "
                      "there. It is measured for heads that stand out."),
    "evenness": N_("1 for a head that looks at all its past alike, 0 for one that looks at one "
                   "token only."),
}  # fmt: skip
"""What the columns of the table hold, by their names."""
ON_YOUR_TEXT = N_("How much the loss rises when this head is silenced, on your text in pieces.")


def open_card(view: AttentionView) -> SharedCard | MiniGPTError:
    """The card, or why there is none; on the visitor's text where the model's own is not here."""
    run_id, step, by_mean = view.chosen.run_id, view.chosen.step, is_by_mean()
    try:
        return head_card(run_id, step, by_mean=by_mean)
    except MiniGPTError:
        pass
    try:
        return head_card(run_id, step, by_mean=by_mean, text=view.text)
    except MiniGPTError as error:
        return error


def head_names(view: AttentionView, shared: SharedCard | MiniGPTError) -> list[list[str]]:
    """What each head is called so far; nothing while that is not sure."""
    layers, heads = len(view.trace.layers), view.seen.weights.shape[1]
    if isinstance(shared, MiniGPTError):
        return [[""] * heads for _layer in range(layers)]
    return [
        [translated(NAMES[shared.card.name(layer, head)]) for head in range(heads)]
        for layer in range(layers)
    ]


def show_evidence(view: AttentionView, shared: SharedCard | MiniGPTError) -> None:
    """Why the chosen head has its name; nothing while that is not sure."""
    if isinstance(shared, MiniGPTError):
        return
    if words := evidence(shared.card, (view.layer, view.head)):
        st.caption(messages.escape(words))


def evidence(card: ReportCard, head: tuple[int, int]) -> str | None:
    """What was seen and what was tried, in words; None of a head that has no name."""
    name, effects = card.name(*head), card.effects.estimate
    if not name:
        return None
    # Whoever has a name makes the loss rise: the plus goes without saying.
    effect = interval(effects.mean[head], effects.half_width[head]).removeprefix("+")
    if name == "mixed":
        found = _(
            "Without it the loss rises by {effect} nats a token, so the head matters; but no one "
            "kind of place explains it.",
            effect=effect,
        )
        return f"{_read(card)} {found}"
    lost = _(
        "Without the head the loss rises by {effect} nats a token; if it only cannot look at those "
        "places, by {blind}.",
        effect=effect, blind=signed_number(card.blind.estimate.mean[head]).removeprefix("+"),
    )  # fmt: skip
    return f"{_read(card)} {_seen(card, head)} {lost}"


def _read(card: ReportCard) -> str:
    if card.source == "given":
        return _("By experiment, on your text alone.")
    return _("By experiment, on text that the model was not trained on.")


def _seen(card: ReportCard, head: tuple[int, int]) -> str:
    kind = card.candidates[head]
    share, place = card.looks.shares[kind], translated(PLACES_IN_FULL[kind])
    given, chance = _percent(share.heads[head]), _percent(share.chance)
    if card.before is None:
        return _(
            "It gives {share} of its attention to {place}; looking everywhere alike gives "
            "{chance}.",
            share=given, place=place, chance=chance,
        )  # fmt: skip
    return _(
        "It gives {share} of its attention to {place}; looking everywhere alike gives {chance}, "
        "and before training it gave {before}.",
        share=given, place=place, chance=chance,
        before=_percent(card.before.shares[kind].heads[head]),
    )  # fmt: skip


def _percent(share: Tensor | float) -> str:
    return _("{percent:.0f} %", percent=100 * float(share))


def show_report(view: AttentionView, shared: SharedCard | MiniGPTError) -> None:
    """The table of heads, which goes on by itself until every window was read."""
    st.subheader(_("What is each head for? By experiment"), anchor=False)
    if isinstance(shared, MiniGPTError):
        messages.show_error(shared)
        return
    st.caption(f"{_what_is_done(shared.card)} {_what_a_name_takes(shared.card)}")
    if shared.card.means is not None:
        st.caption(
            _("A silent head brings its average over this text, not nothing: chosen further above.")
        )
    running = not shared.card.is_done
    st.fragment(_go_on, run_every=TICK_SECONDS if running else None)(view, shared)


def _what_is_done(card: ReportCard) -> str:
    if card.source == "given":
        return _(
            "What this model was trained on is not at hand, so each head is silenced on your text."
        )
    return _("Each head is silenced on text that the model was not trained on.")


def _what_a_name_takes(card: ReportCard) -> str:
    if card.before is None:
        return _(
            "It gets a name only if it looks at one kind of place far more than by chance, if the "
            "loss rises without it, and if most of that comes from those places. What matters and "
            "has no such name is mixed."
        )
    return _(
        "It gets a name only if it looks at one kind of place far more than by chance and than "
        "before training, if the loss rises without it, and if most of that comes from those "
        "places. What matters and has no such name is mixed."
    )


def _go_on(view: AttentionView, shared: SharedCard) -> None:
    card, was_done = shared.card, shared.card.is_done
    shared.measure(WORK_SECONDS)
    read, all_of_them = card.effects.windows, len(card.windows)
    if not card.is_done:
        words = _("{read} of {all} windows of text", read=read, all=all_of_them)
        st.progress(read / all_of_them, text=words)
    st.markdown(messages.escape(translated(joint_effect_words(card))))
    try:
        _show_table(card, view)
        _say_which_text(card, view)
    except MiniGPTError as error:  # the run was deleted meanwhile
        messages.show_error(error)
        return
    _show_download(card, view)
    if card.is_done and not was_done:
        draw_anew()  # the whole page: heads have earned their names


def _show_table(card: ReportCard, view: AttentionView) -> None:
    st.dataframe(
        in_language(card_table(card, view), {translated(name): ".2f" for name in SHARES}),
        hide_index=True,
        column_config={
            translated(name): st.column_config.NumberColumn(
                format=column_format("%.2f"), help=translated(words)
            )
            if name in SHARES
            else st.column_config.TextColumn(help=translated(words))
            for name, words in _column_help(card).items()
        },
    )
    if card.is_done and card.does_something is None:
        return  # of one piece there is no mean, and it is said below
    st.caption(
        _(
            "Losses in nats a token: the mean of {count} windows of {tokens} tokens, ± half of an "
            "interval that holds the true mean 95 times in 100. Evenness is 1 for a head that "
            "looks at all its past alike.",
            count=card.effects.windows, tokens=card.windows.shape[1] - 1,
        )
    )  # fmt: skip


def _column_help(card: ReportCard) -> dict[str, str]:
    return COLUMN_HELP | ({"without it": ON_YOUR_TEXT} if card.source == "given" else {})


def _say_which_text(card: ReportCard, view: AttentionView) -> None:
    """For whoever does not believe it: the very text, and why it may be less than all of it."""
    chosen = view.chosen
    if card.source == "given":
        words = given_words(card, chosen.trained.tokenizer)
        st.caption(messages.escape(translated(words)))
    if card.source == "kept":
        st.caption(
            messages.escape(
                _(
                    "The text {title} is not on this computer. These windows of the part that the "
                    "model was not trained on were kept with the run; with the whole text here the "
                    "numbers would be the same.",
                    title=corpus_title(snapshot(chosen.run_id).summary.corpus),
                )
            )
        )
    with st.expander(_("The text that the heads were judged on"), type="compact"):
        windows = [chosen.trained.tokenizer.decode(ids) for ids in card.windows.tolist()]
        plain_text(BETWEEN_WINDOWS.join(windows), tallest=240)


def _show_download(card: ReportCard, view: AttentionView) -> None:
    chosen = view.chosen
    st.download_button(
        _("All these numbers (JSON)"),
        lambda: json.dumps(card_as_json(card, run=chosen.run_id, step=chosen.step), indent=1),
        file_name=f"heads-step{chosen.step}.json",
        mime="application/json",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def card_table(card: ReportCard, view: AttentionView) -> pd.DataFrame:
    """A row for each head, those that matter most first."""
    chosen, by_mean = view.chosen, card.means is not None
    on_text = effects_on_text(chosen.run_id, chosen.step, view.text, by_mean=by_mean)
    effects, rows = card.effects.estimate, []
    for layer in range(effects.mean.shape[0]):
        for head in range(effects.mean.shape[1]):
            place = (layer, head)
            kind = looks_most_at(card, place)
            share = card.looks.shares[kind]
            before = card.before.shares[kind].heads[place] if card.before else math.nan
            blind = card.blind.estimate.mean[place] if place in card.candidates else math.nan
            rows.append(
                {
                    _("head"): head_title(layer, head, ""),
                    _("name"): translated(NAMES[card.name(*place)]),
                    _("without it"): interval(effects.mean[place], effects.half_width[place]),
                    _("on your text"): signed_number(on_text[place]) if on_text is not None else "",
                    _("looks most at"): translated(PLACES[kind]),
                    _("share"): float(share.heads[place]),
                    _("by chance"): share.chance,
                    _("untrained"): float(before),
                    _("blind to it"): "" if math.isnan(blind) else signed_number(blind),
                    _("evenness"): float(card.looks.entropy[place]),
                    "effect": float(effects.mean[place]),
                }
            )
    table = pd.DataFrame(rows).sort_values("effect", ascending=False, kind="stable")
    return table.drop(columns=["effect", *_untold(card)])


def _untold(card: ReportCard) -> list[str]:
    """Columns that would hold nothing, or the same twice."""
    untold = [_("on your text")] if card.source == "given" else []
    return untold if card.before else [*untold, _("untrained")]


def looks_most_at(card: ReportCard, head: tuple[int, int]) -> Pattern:
    """The kind that a head stands out for, or else the one it looks at furthest above chance."""
    if head in card.candidates:
        return card.candidates[head]
    shares = card.looks.shares

    def margin(kind: Pattern) -> float:
        found = float(shares[kind].heads[head]) - shares[kind].chance
        return -math.inf if math.isnan(found) else found

    return max(shares, key=margin)


def interval(mean: Tensor | float, half: Tensor | float) -> str:
    """A number with how sure it is."""
    if not math.isfinite(float(half)):
        return signed_number(mean)
    return f"{signed_number(mean)} ± {numeral(float(half), '.3f')}"


def signed_number(value: Tensor | float) -> str:
    """A change: its sign always, three decimals."""
    return numeral(float(value), "+.3f")
