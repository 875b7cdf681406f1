"""One prompt again and again with the same numbers; only one thing differs from text to text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import SampledToken
from minigpt.sentences import N_
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.components.token_strip import token_strip
from ui.i18n import _, numeral, translated
from ui.messages import escape
from ui.screens.generate.asking import ask_whether_copied
from ui.screens.generate.knobs import Knobs, choose_prompt, knobs_of_one
from ui.screens.generate.write.take_home import all_that_is_known, as_json, copy_button
from ui.services import runs
from ui.services.generation.kept_steps import sample_at_step
from ui.services.models import trained_model
from ui.session import url
from ui.session.branches import open_text
from ui.session.texts import TextSettings, WrittenText
from ui.wording import count, number

TEMPERATURES = (0.0, 0.5, 0.8, 1.0, 1.5)
MOST_RUNS, MOST_STEPS = 6, 16
ALONG = {
    "temperature": N_("temperature"),
    "step": N_("step of the training"),
    "run": N_("model"),
}
"""What differs from text to text, by what the address calls it."""
GROUP = "same-luck"


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One of the texts: who writes it, and how."""

    name: str
    run_id: str
    step: int
    sampling: SamplingConfig


def show(chosen: ChosenModel) -> None:
    """The prompt, the knobs, what is to differ, and the texts under each other."""
    prompt = choose_prompt(chosen)
    along = url.pick(
        _("What differs"), list(ALONG), name=url.ALONG, default="step",
        show=lambda one: translated(ALONG[one]),
    )  # fmt: skip
    try:
        turned, known = knobs_of_one(), chosen.trained.tokenizer.known_form(prompt)
        reference, others = variants(chosen, along, turned)
        _explain(chosen, along, others)
        _show_texts(chosen, known, [reference, *others], turned)
    except MiniGPTError as error:
        messages.show_error(error)


def variants(chosen: ChosenModel, along: str, knobs: Knobs) -> tuple[Variant, list[Variant]]:
    """The text that the others are compared with, which is what is chosen above, and the others."""
    sampling = knobs.sampling
    name = runs.snapshot(chosen.run_id).summary.name
    plain = Variant(name=name, run_id=chosen.run_id, step=chosen.step, sampling=sampling)
    if along == "temperature":
        values = [value for value in TEMPERATURES if value != sampling.temperature]
        others = [replace(plain, sampling=replace(sampling, temperature=one)) for one in values]
        named = [
            replace(
                one, name=_("temperature {temperature:g}", temperature=one.sampling.temperature)
            )
            for one in (plain, *others)
        ]
    elif along == "step":
        others = [replace(plain, step=step) for step in _other_steps(chosen)]
        named = [
            replace(one, name=_("step {step}", step=count(one.step))) for one in (plain, *others)
        ]
    else:
        named = [plain, *_other_runs(chosen, plain)]
    return named[0], named[1:]


def _other_steps(chosen: ChosenModel) -> list[int]:
    """The kept steps but the chosen one; of very many, evenly taken ones and the last."""
    kept = [one.step for one in runs.snapshot(chosen.run_id).checkpoints]
    every = -(-len(kept) // MOST_STEPS)
    return [step for step in [*kept[:-1:every], *kept[-1:]] if step != chosen.step]


def _other_runs(chosen: ChosenModel, plain: Variant) -> list[Variant]:
    """Models with the same tokens at their best steps: to others a number means other tokens."""
    found: list[Variant] = []
    for run in runs.all_runs():
        if run.id == chosen.run_id or len(found) == MOST_RUNS:
            continue
        try:
            # Their weights are opened only if they can write: of many runs they would take long,
            # and the place in memory of those that others look at.
            directory = runs.store().open(run.id)
            if directory.tokenizer().vocabulary != chosen.trained.tokenizer.vocabulary:
                continue
            step = trained_model(run.id, None).checkpoint.step
        except MiniGPTError:
            continue  # it has saved nothing yet, or is damaged, which its own page says
        found.append(replace(plain, name=run.name, run_id=run.id, step=step))
    return found


def _explain(chosen: ChosenModel, along: str, others: Sequence[Variant]) -> None:
    st.caption(
        _(
            "The nth token of every text is decided by the same number, the nth of the seed. So "
            "the first difference, which is underlined, is no matter of luck. From there on the "
            "pasts differ, and so does what the same number means. (At temperature 0 no number "
            "decides: the likeliest token is taken.) Click a token to see there, in "
            "“Write”, what else could have come."
        )
    )
    if along == "run" and not others:
        size = count(chosen.trained.model.vocabulary_size)
        st.info(
            _(
                "No other model here has the same {size} tokens. To another vocabulary the same "
                "number would mean another token.",
                size=size,
            ),
            icon=":material/info:",
        )  # fmt: skip


def _show_texts(chosen: ChosenModel, prompt: str, shown: Sequence[Variant], knobs: Knobs) -> None:
    bar, written = st.empty(), list[WrittenText]()
    for place, variant in enumerate(shown):
        bar.progress(place / len(shown), _("Writing {name} …", name=escape(variant.name)))
        text = _written(chosen, prompt, variant, knobs)
        written.append(text)
        differs = first_difference(written[0].tokens, text.tokens)
        _show_one(chosen, place, variant, text, differs)
    bar.empty()
    _save(chosen, written)


def _written(chosen: ChosenModel, prompt: str, variant: Variant, knobs: Knobs) -> WrittenText:
    """The text of a variant, and all that it takes to have it written once more."""
    sampling = variant.sampling
    tokens = sample_at_step(
        variant.run_id, variant.step, prompt, sampling, tokens=knobs.tokens, seed=knobs.seed
    )
    settings = TextSettings(
        run=variant.run_id, step=variant.step, prompt=prompt, temperature=sampling.temperature,
        top_k=sampling.top_k, top_p=sampling.top_p, min_p=sampling.min_p,
        repetition_penalty=sampling.repetition_penalty, tokens=knobs.tokens, seed=knobs.seed,
    )  # fmt: skip
    return WrittenText(
        settings=settings,
        model=runs.snapshot(variant.run_id).summary.name,
        text=prompt + chosen.trained.tokenizer.decode([token.id for token in tokens]),
        tokens=list(tokens),
    )


def first_difference(one: Sequence[SampledToken], other: Sequence[SampledToken]) -> int | None:
    """The first place at which two texts have different tokens, counted from 0."""
    pairs = zip(one, other, strict=True)
    return next((place for place, (a, b) in enumerate(pairs) if a.id != b.id), None)


def _show_one(
    chosen: ChosenModel, place: int, variant: Variant, text: WrittenText, differs: int | None
) -> None:
    given = chosen.trained.prompt_ids(text.settings.prompt)
    vocabulary = chosen.trained.tokenizer.vocabulary
    st.markdown(_title(place, variant, differs))
    at = None if differs is None else len(given) + differs
    token_strip(
        [vocabulary[index] for index in [*given, *(token.id for token in text.tokens)]],
        key=f"{GROUP}-{place}",
        label=_("{name}. Arrow keys go along the text, Enter opens it.", name=variant.name),
        chosen=None,
        marks=[] if at is None else [(at, at + 1)],
        notes=[""] * len(given) + [_note(token) for token in text.tokens],
        given=len(given),
        group=GROUP,
        leads_elsewhere=True,
        on_choose=lambda index: open_text(
            text.settings, index - len(given) if index >= len(given) else None
        ),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("Open in “Write”"), icon=":material/edit_note:", type="tertiary",
            key=f"open-{place}", on_click=open_text, args=(text.settings,),
        )  # fmt: skip
        copy_button(text.text, key=f"copy-{GROUP}-{place}")
        ask_whether_copied(
            text.continuation, run=variant.run_id, step=variant.step, key=f"ask-{GROUP}-{place}"
        )


def _title(place: int, variant: Variant, differs: int | None) -> str:
    name = escape(variant.name)
    if place == 0:
        return _("**{name}**, with which the others are compared", name=name)
    if differs is None:
        return _("**{name}**: the same to the end", name=name)
    return _("**{name}**: differs from token {place} on", name=name, place=count(differs + 1))


def _save(chosen: ChosenModel, written: Sequence[WrittenText]) -> None:
    settings, tokenizer = written[0].settings, chosen.trained.tokenizer
    st.download_button(
        _("All these texts (JSON)"),
        lambda: as_json([all_that_is_known(text, tokenizer) for text in written]),
        file_name=f"{settings.run}-same-luck-seed-{settings.seed}.json",
        mime="application/json", on_click="ignore", type="tertiary", icon=":material/download:",
        help=_("With the settings and, for each token, its odds and the number that decided."),
    )  # fmt: skip


def _note(token: SampledToken) -> str:
    return _(
        "{percent} %, the number was {number}",
        percent=number(100 * token.probability), number=numeral(token.uniform, ".4f"),
    )  # fmt: skip
