"""Texts while they grow; any click ends that, and what is there stays."""

import math
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import streamlit as st

from minigpt.runs.trained_model import as_written
from minigpt.sampling.generate import Continuation
from ui.components.model_picker import ChosenModel
from ui.components.plain_text import plain_text
from ui.i18n import _
from ui.screens.generate.knobs import sampling_of
from ui.screens.generate.write.one_text import progress_in_words
from ui.services import runs
from ui.services.generation.turns import Waiting
from ui.services.generation.writing import grow_texts, start_text
from ui.session.branches import branches
from ui.session.texts import Branch, TextSettings, WrittenText, begin_text, text_of
from ui.wording import count

FLUSH_SECONDS = 0.08


def missing_branches(chosen: ChosenModel, settings: TextSettings) -> list[Branch]:
    """The branches that the address asks for and that nobody has begun, or wants to go on with."""
    there = branches(settings, chosen.trained.model.vocabulary_size)
    begun = {branch: text_of(settings, branch) for branch in there}
    return [branch for branch, text in begun.items() if text is None or text.shall_go_on]


def write_missing(chosen: ChosenModel, settings: TextSettings) -> None:
    """Write what is missing: the samples together, then each fork.

    Raises:
        MiniGPTError: the prompt has characters the model does not know, or is empty and the model
            knows no line break to begin after.
    """
    asked = missing_branches(chosen, settings)
    samples = [branch for branch in asked if not branch.picks]
    for group in (samples, *([fork] for fork in asked if fork.picks)):
        if group:
            # The last one begun is the newest of the visit: that is to be the first of them.
            begun = [_begin(chosen, settings, branch) for branch in reversed(group)]
            _write(chosen, begun[::-1])


def _begin(
    chosen: ChosenModel, settings: TextSettings, branch: Branch
) -> tuple[WrittenText, Continuation]:
    """A text with what is there of it: a fork has much in common with what it comes from."""
    seed = settings.seed + branch.sample
    text = start_text(
        chosen.trained, settings.prompt, sampling_of(settings), seed=seed, picks=dict(branch.picks)
    )
    if output := text_of(settings, branch):
        output.shall_go_on = False
        return output, replace(text, drawn=list(output.tokens))
    output = begin_text(settings, runs.snapshot(chosen.run_id).summary.name, branch)
    if branch.picks and (above := text_of(settings, branch.parent)):
        output.tokens = above.tokens[: branch.picks[-1][0]]
        output.taken_over = len(output.tokens)
    return output, replace(text, drawn=list(output.tokens))


def _write(chosen: ChosenModel, group: Sequence[tuple[WrittenText, Continuation]]) -> None:
    settings = group[0][0].settings
    places, note, stop = [st.empty() for _one in group], st.empty(), st.empty()
    # Pressing it runs the page again, which ends this loop: nothing else has to be done. It is
    # there before the first token, which may have to wait for others.
    stop.button(_("Stop"), icon=":material/stop:", key=f"stop-{group[0][0].branch}")
    texts = [text for _output, text in group]
    before = [output.seconds for output, _text in group]
    began, shown = time.monotonic(), -math.inf
    with closing(
        grow_texts(chosen.trained, texts, tokens=settings.tokens, stop=settings.stop)
    ) as steps:
        for step in steps:
            now = time.monotonic()
            # The screen can follow a dozen updates a second; more would only slow the model.
            if isinstance(step, Waiting) or now - shown > FLUSH_SECONDS:
                for (output, text), place, spent in zip(group, places, before, strict=True):
                    _take(chosen, output, text, spent + now - began)
                    plain_text(output.text, place=place)
                words = progress_in_words([output for output, _text in group])
                note.caption(_waiting(words, step) if isinstance(step, Waiting) else words)
                shown = now
    for (output, text), spent in zip(group, before, strict=True):
        _take(chosen, output, text, spent + time.monotonic() - began)
    for element in (*places, note, stop):
        element.empty()


def _take(chosen: ChosenModel, output: WrittenText, text: Continuation, seconds: float) -> None:
    # Whoever else writes with this model may let the text grow while it is read here, and for a
    # moment after Stop: what is kept are tokens that no longer change, and the words they make.
    found = as_written(chosen.trained, text, output.settings.stop)
    output.text, output.has_ended = output.settings.prompt + found.text, found.ended
    output.tokens = list(found.tokens)
    output.seconds = seconds


def _waiting(words: str, step: Waiting) -> str:
    return _("{note} Waiting, {before} before you.", note=words, before=count(step.before)).strip()
