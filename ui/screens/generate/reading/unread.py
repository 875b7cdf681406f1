"""Never read this: what a model would be without a passage, and what chance alone would change."""

import hashlib
import json
from dataclasses import dataclass

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.jobs.twins import Twins, is_like, require_twins, twins_of
from minigpt.runs.config import RunConfig
from minigpt.runs.status import Status
from minigpt.training.config import LONGEST_PASSAGE
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.components.run_header import status_badge
from ui.i18n import _, ngettext, numeral
from ui.navigation import page_file
from ui.screens.generate.reading.comparison import show_comparison
from ui.screens.generate.reading.elsewhere import ENDED, can_be_asked
from ui.services import runs, texts
from ui.services.reading import PassageRead, read_passage
from ui.session import url
from ui.session.identity import current_owner
from ui.session.unheard import draw_anew
from ui.wording import count, duration

LOOK_SECONDS = 2.0
SHOWN_OF_PASSAGE = 30
MOST_TOUCHED = 0.5
"""Share of the windows above which what a twin lacks is more than a passage."""


@dataclass(frozen=True)
class Pair:
    """The twins as far as they were started, by their ids."""

    without: str | None
    other_seed: str | None
    lost: tuple[str, ...] = ()
    """Earlier ones that ended too soon."""

    @property
    def ids(self) -> list[str]:
        """Of those that are there."""
        return [one for one in (self.without, self.other_seed) if one]


def show(chosen: ChosenModel) -> None:
    """The passage, whether it was ever read, the twins, and what they show."""
    if not can_be_asked(chosen, require_twins):
        return
    passage = url.write_lines(
        _("What it must never have read"), name=url.UNREAD, default="", longest=LONGEST_PASSAGE,
        help=_("As it stands in the training text, with capital letters and line breaks."),
    )  # fmt: skip
    if not passage.strip():
        _suggest(chosen)
        return
    with messages.errors_shown():
        twins = twins_of(runs.store().open(chosen.run_id).config(), passage)
        if not _was_read(chosen, passage):
            return
    pair = _find(twins)
    if not (pair.without and pair.other_seed):
        _offer(chosen, twins, pair, passage)
        return
    if _are_ready(pair):
        show_comparison(chosen, (chosen.run_id, pair.without, pair.other_seed), passage)
    else:
        st.fragment(lambda: _watch(pair), run_every=LOOK_SECONDS)()


def _suggest(chosen: ChosenModel) -> None:
    """Where nothing is marked, something to begin with."""
    st.info(
        _(
            "For example a name that the text often has. In “Read or invented?” you can look up "
            "where a piece of text stands in it."
        ),
        icon=":material/info:",
    )
    _offer_example(chosen)


def _offer_example(chosen: ChosenModel, *, instead_of: str = "") -> None:
    example = texts.example_line(chosen.run_id)
    passage = example.prompt.strip()[:LONGEST_PASSAGE] if example else ""
    if passage and passage != instead_of:
        st.button(
            _("Try it with “{passage}”", passage=messages.escape(passage)), key="try-passage",
            on_click=lambda: url.write_choices(**{url.UNREAD: passage}),
        )  # fmt: skip


def _was_read(chosen: ChosenModel, passage: str) -> bool:
    """Say how often it was read; without that there is nothing to leave out."""
    read = read_passage(chosen.run_id, chosen.step, passage)
    where = ngettext(
        "It stands in the training text once.",
        "It stands in the training text {count:,} times.",
        read.places,
    )
    if not read.steps:
        _refuse(where, read.all_steps)
        _offer_example(chosen, instead_of=passage)
        return False
    words = ngettext(
        "{count:,} of {all} steps had all or a part of it in its batch, the first was step "
        "{first}.",
        "{count:,} of {all} steps had all or a part of it in their batch, the first was step "
        "{first}.",
        len(read.steps),
        all=count(read.all_steps),
        first=count(read.steps[0]),
    )
    st.markdown(messages.escape(f"{where} {words}"))
    _say_what_is_left(read)
    return True


def _say_what_is_left(read: PassageRead) -> None:
    """What a twin has to learn from; little, where a passage is everywhere."""
    share = read.windows / read.all_windows
    st.caption(
        _(
            "A step reads several windows of text at once. Of all of them {share} % touch it; the "
            "twin learns from the others.",
            share=numeral(100 * share, ".2g"),
        )
    )
    if share > MOST_TOUCHED:
        st.warning(
            _(
                "That leaves the twin little to learn from: it will be a worse model in all it "
                "says, and not only about this passage. A rarer passage tells more."
            ),
            icon=":material/warning:",
        )


def _refuse(where: str, steps: int) -> None:
    st.warning(
        messages.escape(
            _(
                "{where} But it was never read: it was in no batch of {all} steps. A twin without "
                "it would be the same model. Choose another passage, or a name that stands in more "
                "places.",
                where=where,
                all=count(steps),
            )
        ),
        icon=":material/block:",
    )


def _find(twins: Twins) -> Pair:
    """Runs of this computer that are these twins, whoever started them."""
    found: dict[str, str] = {}
    lost: list[str] = []
    same = twins.without.rung, twins.without.corpus.name
    for summary in runs.all_runs():
        if (summary.rung, summary.corpus) != same:
            continue  # without opening it
        try:
            run = runs.store().open(summary.id)
            config = run.config()
        except (MiniGPTError, TypeError):
            continue
        # Whoever brings a run may write any settings beside any weights.
        if run.meta().imported:
            continue
        for name, wanted in (("without", twins.without), ("other_seed", twins.other_seed)):
            if not is_like(config, wanted):
                continue
            if summary.status in {Status.FAILED, Status.KILLED}:
                lost.append(summary.id)
            else:
                found.setdefault(name, summary.id)
    return Pair(found.get("without"), found.get("other_seed"), tuple(sorted(lost)))


def _offer(chosen: ChosenModel, twins: Twins, pair: Pair, passage: str) -> None:
    steps = count(twins.without.training.steps)
    words: str = _("Two runs of {steps} steps each are trained, one after the other.", steps=steps)
    if taken := runs.snapshot(chosen.run_id).summary.seconds:
        words = _(
            "{words} This model's own training took {time}.", words=words, time=duration(taken)
        )
    st.markdown(messages.escape(words))
    if pair.lost:
        _tell_of_lost(pair.lost[-1])
    if st.button(_("Train the twins"), type="primary", icon=":material/play_arrow:"):
        with messages.errors_shown():
            _begin(chosen, twins, pair, passage)
        draw_anew()


def _tell_of_lost(run_id: str) -> None:
    st.caption(_("An earlier twin ended too soon. Its page says why:"))
    _link(run_id)


def _link(run_id: str) -> None:
    label = messages.escape(runs.snapshot(run_id).summary.name)
    st.page_link(page_file("run"), label=label, query_params={"run": run_id})


def _begin(chosen: ChosenModel, twins: Twins, pair: Pair, passage: str) -> None:
    name = runs.snapshot(chosen.run_id).summary.name
    shown = " ".join(passage.split())[:SHOWN_OF_PASSAGE]
    if not pair.without:
        called = _("{run} without “{passage}”", run=name, passage=shown)
        _start(twins.without, called, pair.lost)
    if not pair.other_seed:
        seed = str(twins.other_seed.seed)
        _start(twins.other_seed, _("{run}, seed {seed}", run=name, seed=seed), pair.lost)


def _start(config: RunConfig, name: str, lost: tuple[str, ...]) -> None:
    # Pressing twice means one twin; after one that failed, another one.
    what = json.dumps([config.to_dict(), current_owner(), lost], sort_keys=True)
    runs.start_run(
        config, name=runs.free_name(name), owner=current_owner(),
        idempotency_key=hashlib.sha256(what.encode()).hexdigest(),
    )  # fmt: skip


def _are_ready(pair: Pair) -> bool:
    statuses = {run.id: run.status for run in runs.all_runs()}
    return all(statuses.get(one) in ENDED for one in pair.ids)


def _watch(pair: Pair) -> None:
    if _are_ready(pair):
        draw_anew()
    st.caption(
        _(
            "When both have ended, what they show stands here. You may leave this page meanwhile: "
            "its address leads back. A twin is stopped on its own page."
        )
    )
    for run_id in pair.ids:
        run = runs.snapshot(run_id)
        with st.container(horizontal=True, vertical_alignment="center"):
            status_badge(run.status)
            _link(run_id)
        step, steps = run.summary.step, max(1, run.summary.steps)
        st.progress(
            min(1.0, step / steps),
            _("step {step} of {steps}", step=count(step), steps=count(steps)),
        )
