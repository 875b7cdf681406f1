"""What every head looks at in one text while a run trains: live, and as a film of the training."""

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.models import rung_named
from minigpt.runs.attention.film_scores import scores_as_csv
from minigpt.sentences import N_
from ui.charts.loss import ScoreLine, scores_chart
from ui.charts.options import ChartView
from ui.components.film_bar import Places, film_bar
from ui.components.glossary import meaning_of
from ui.components.head_tiles import Measure, head_tiles, head_title
from ui.components.token_strip import Follows, token_strip
from ui.i18n import _, numeral, translated
from ui.navigation import page_file
from ui.screens.inspect.film_page import offer_film
from ui.screens.inspect.overview import UNITS, token_names
from ui.services.film import SharedFilm, film
from ui.services.snapshot import RunSnapshot
from ui.session import url
from ui.theme import palette
from ui.wording import count

LOOK = "run-look"
"""Of the session: which layer, head and token were chosen on the page of a run."""
CHART_HEIGHT = 320
BEST, CHOSEN = "best", "chosen"
WHOSE = {BEST: N_("The best head of each"), CHOSEN: N_("The chosen head")}
KINDS = {
    "previous": N_("the token before"),
    "first": N_("the first token"),
    "itself": N_("itself"),
    "same": N_("the same token earlier"),
    "marks": N_("punctuation"),
    "copied": N_("what came after an earlier copy (induction)"),
}
"""What a head may look at, as a line of the chart is called."""


def draw_film(run: RunSnapshot, view: ChartView) -> None:
    """The heads on the text of the film, newest frame first; or why there is nothing to see."""
    try:
        shared = film(run.summary.id)
    except MiniGPTError:
        return  # deleted meanwhile, which the page says by itself
    if shared is None:
        _say_why_not(run)
        return
    st.subheader(
        _("What every head looks at"), anchor=False, help=meaning_of("head", "layer", "token")
    )
    places = Places.of(shared, ())
    now = _place(places)
    film_bar(
        shared, places, now,
        key=f"run-film-{run.summary.id}", group=_group(run), curve=run.curves.validation_loss,
        on_choose=lambda step: _go_to(step, places),
    )  # fmt: skip
    head = _draw_heads(run, shared, now)
    _explain(run, shared, now)
    _draw_scores(run, shared, view, head)


def _say_why_not(run: RunSnapshot) -> None:
    rung = run.settings.rung
    try:
        has_attention = rung is None or rung_named(rung).config().has_attention
    except MiniGPTError:  # a rung of another version
        return
    if not has_attention and run.last_logged is not None:
        st.caption(
            _(
                "This model has no attention: each token is looked at by itself, so there are no "
                "heads to watch."
            )
        )


def _group(run: RunSnapshot) -> str:
    return f"run-{run.summary.id}"


def _place(places: Places) -> int:
    """The chosen frame; the newest one where none is chosen, so that it follows a training."""
    asked = url.in_url(url.STEP)
    steps = list(map(str, places.steps))
    return steps.index(asked) if asked in steps else len(steps) - 1


def _go_to(step: int, places: Places) -> None:
    if step == places.steps[-1]:
        url.drop_from_url(url.STEP)  # so that it goes on following
    else:
        url.write_choices(**{url.STEP: step})


def _draw_heads(run: RunSnapshot, shared: SharedFilm, now: int) -> tuple[int, int]:
    tokens = token_names(shared.tokenizer, shared.text)
    layer, head, token = _look(run, shared, len(tokens))
    key = f"{LOOK}-{run.summary.id}"

    def choose(row: int, place: int, chosen: int) -> None:
        st.session_state[key] = (row, place, chosen)

    token_strip(
        tokens, key=f"run-strip-{run.summary.id}", chosen=token, group=_group(run),
        label=_("The text of the film as tokens. Arrow keys choose the token that looks."),
        background=Follows(layer=layer, head=head),
        on_choose=lambda chosen: choose(layer, head, chosen),
    )  # fmt: skip
    head_tiles(
        shared.film.maps(now), tokens,
        key=f"run-tiles-{run.summary.id}", group=_group(run), step=shared.film.steps[now],
        measure=Measure(unit=translated(UNITS["weight"]), high=1.0, clipped=False),
        names=[[""] * shared.film.heads] * shared.film.layers,
        on_choose=lambda row, place: choose(row, place, token),
    )  # fmt: skip
    return layer, head


def _look(run: RunSnapshot, shared: SharedFilm, tokens: int) -> tuple[int, int, int]:
    layer, head, token = st.session_state.get(
        f"{LOOK}-{run.summary.id}", (0, 0, tokens - 1)
    )  # fmt: skip
    return (
        min(layer, shared.film.layers - 1),
        min(head, shared.film.heads - 1),
        min(token, tokens - 1),
    )


def _explain(run: RunSnapshot, shared: SharedFilm, now: int) -> None:
    step, newest = shared.film.steps[now], shared.film.steps[-1]
    if step == newest and run.status.is_live:
        words = _(
            "Step {step}, the newest of {count} frames so far; it goes on by itself. Every "
            "frame shows the same text, which was chosen before the start. Weights are kept to "
            "1/255.",
            step=count(step), count=len(shared.film.steps),
        )  # fmt: skip
    else:
        words = _(
            "Step {step}. {count} frames were kept while it trained, each of the same text, which "
            "was chosen before the start. Weights are kept to 1/255.",
            step=count(step), count=len(shared.film.steps),
        )  # fmt: skip
    st.caption(words)
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.checkpoints:
            st.page_link(
                page_file("attention"), label=_("All numbers of a head"),
                icon=":material/grid_on:",
                query_params={url.RUN: run.summary.id, url.STEP: str(step)},
            )  # fmt: skip
        offer_film(run.summary.id, key=f"film-page-{run.summary.id}")


def _draw_scores(
    run: RunSnapshot, shared: SharedFilm, view: ChartView, chosen: tuple[int, int]
) -> None:
    if not shared.scores:
        st.caption(_("The text of the film is too short to say what a head looks at."))
        return
    whose = url.pick(
        _("Where they look, over the training"), [BEST, CHOSEN], name=url.SCORES, default=BEST,
        show=lambda one: translated(WHOSE[one]),
        help=_(
            "The share of its attention that a head gives to one kind of place, on average over "
            "the text above. The best head of each is the one with the largest share in the "
            "newest frame."
        ),
    )  # fmt: skip
    _draw_lines(run, _lines(run, shared, view, None if whose == BEST else chosen), view)
    st.download_button(
        _("All these shares (CSV)"), lambda: scores_as_csv(shared.film, shared.scores),
        file_name=f"{run.summary.id}-heads.csv", mime="text/csv", icon=":material/download:",
        on_click="ignore", type="tertiary", key=f"scores-csv-{run.summary.id}",
    )  # fmt: skip


def _draw_lines(run: RunSnapshot, lines: list[ScoreLine], view: ChartView) -> None:
    st.echarts_chart(
        scores_chart(
            _("share of attention (%)"), lines, palette(), axes=view.axes(run, log=False)
        ),
        height=palette().pixels(CHART_HEIGHT), key=f"scores-{run.summary.id}",
        alt="; ".join(_said(line) for line in lines),
    )  # fmt: skip
    st.caption(
        _(
            "Dashed, in the same colour: a head that looks at all its past alike. The text is "
            "short, and to look somewhere is not yet to matter: the report on the page of "
            "attention silences heads to find out."
        )
    )


def _lines(
    run: RunSnapshot, shared: SharedFilm, view: ChartView, chosen: tuple[int, int] | None
) -> list[ScoreLine]:
    found = []
    for kind, score in shared.scores.items():
        layer, head = chosen or score.best
        shares = score.shares[:, layer, head].tolist()
        curve = list(zip(shared.film.steps, shares, strict=True))
        name = translated(KINDS[kind])
        found.append(
            ScoreLine(
                name=name if chosen else _(
                    "{kind}: {head}", kind=name, head=head_title(layer, head, "")
                ),
                curve=view.drawn(run, curve),
                chance=score.chance,
            )
        )  # fmt: skip
    return found


def _said(line: ScoreLine) -> str:
    return _(
        "{name}: {share} %, by chance {chance} %",
        name=line.name, share=numeral(100 * line.curve[-1][1], ".0f") if line.curve else "0",
        chance=numeral(100 * line.chance, ".0f"),
    )  # fmt: skip
