"""What a visitor guessed and saw in the lessons, as one page that prints on A4."""

import threading
from collections.abc import Iterator
from html import escape

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

import minigpt
from minigpt.errors import MiniGPTError
from minigpt.lessons.handed_in import GuessedStep, report_tag
from ui.charts.figure_style import figure_style
from ui.charts.figures import as_html
from ui.i18n import _, language, ngettext, translated
from ui.screens.learn.lesson import Lesson, Step
from ui.screens.learn.lessons import LESSONS
from ui.screens.learn.moving import start_of, values_in_words
from ui.screens.learn.one_step import reveal_result
from ui.screens.learn.question.before_and_after import as_report
from ui.screens.learn.sharing import numbers_of
from ui.session import question
from ui.session.answers import Answer, Answers, answers
from ui.session.question import AFTER, BEFORE
from ui.theme import LIGHT

PAGE = """
@page { size: A4; margin: 18mm 16mm; }
body { font-family: Inter, system-ui, sans-serif; color: #16181B; background: #fff;
  max-width: 46rem; margin: 2rem auto; padding: 0 1rem; line-height: 1.5; font-size: 15px; }
h1 { font-size: 1.7rem; } h2 { font-size: 1.25rem; border-top: 1px solid #DDD9CE;
  padding-top: 1rem; margin-top: 2rem; break-after: avoid; }
h3 { font-size: 1.02rem; margin-bottom: 0.2rem; break-after: avoid; }
.said { border-left: 3px solid #1D5FA6; padding-left: 0.8rem; }
pre.code { background: #F6F4EE; padding: 0.7rem; font-size: 11px; white-space: pre-wrap;
  overflow-wrap: anywhere; break-inside: avoid; }
table.both { width: 100%; border-spacing: 0; table-layout: fixed; break-inside: avoid; }
table.both td { vertical-align: top; padding: 0 0.8rem 0 0; overflow-wrap: anywhere; }
figcaption, .small { color: #6E695E; font-size: 0.85rem; }
"""


def show_download() -> None:
    """The button that takes the report home; nothing where there is nothing to report."""
    mine = answers()
    if not mine and not as_report():
        return
    context, kept = get_script_run_ctx(), dict(mine)

    def made() -> str:
        # It is made in a thread of the server's, which does not know whose language to speak.
        add_script_run_ctx(threading.current_thread(), context)
        try:
            return report(kept, language())
        finally:
            add_script_run_ctx(threading.current_thread(), None)

    st.download_button(
        _("My answers as a page to print (HTML)"), made,
        file_name="minigpt-lessons.html", mime="text/html", on_click="ignore", type="tertiary",
        icon=":material/download:",
    )  # fmt: skip


def report(kept: Answers, spoken: str) -> str:
    """A page of its own with every answered step of every lesson."""
    lessons = "".join(_lesson(lesson, kept) for lesson in LESSONS.values())
    guessed = sum(answer.guess is not None for answer in kept.values())
    summary = ngettext(
        "{count} step, guessed before it was shown: {guessed}.",
        "{count} steps, guessed before they were shown: {guessed}.",
        len(kept), guessed=guessed,
    )  # fmt: skip
    title = escape(_("My answers in the lessons of MiniGPT"))
    version = escape(
        _("Computed by MiniGPT {version}; the lines under each figure compute it again.",
          version=minigpt.__version__)
    )  # fmt: skip
    mark = report_tag(
        question.answer_given(BEFORE) or "",
        question.answer_given(AFTER) or "",
        list(_guessed(kept)),
    )
    return (
        f'<!doctype html><html lang="{escape(spoken)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>{mark}'
        f"<style>{PAGE}</style>{figure_style(LIGHT)}</head><body><h1>{title}</h1>"
        f"<p>{escape(summary)}</p><p class='small'>{version}</p>{as_report()}"
        f"{lessons}</body></html>"
    )


def _guessed(kept: Answers) -> Iterator[GuessedStep]:
    """Each step that was looked at, for programs that read many reports."""
    for lesson, step in ((one, step) for one in LESSONS.values() for step in one.steps):
        name = f"{lesson.name}/{step.name}"
        if said := kept.get(name):
            yield GuessedStep(name=name, is_right=_is_right(lesson, step, said))


def _is_right(lesson: Lesson, step: Step, said: Answer) -> bool | None:
    if said.guess is None:
        return None
    try:
        # A guess was about what the knobs stood at first.
        numbers = numbers_of(lesson, step, start_of(step))
    except MiniGPTError:
        return None
    return step.is_right(numbers, said.guess) if step.is_done(numbers) else None


def _lesson(lesson: Lesson, kept: Answers) -> str:
    steps = "".join(
        "".join(_step(lesson, step, kept[name]))
        for step in lesson.steps
        if (name := f"{lesson.name}/{step.name}") in kept
    )
    return f"<h2>{escape(translated(lesson.title))}</h2>{steps}" if steps else ""


def _step(lesson: Lesson, step: Step, said: Answer) -> Iterator[str]:
    yield f"<h3>{escape(translated(step.title))}</h3><p>{escape(translated(step.words))}</p>"
    try:
        scene = {**start_of(step), **said.scene}
        numbers = numbers_of(lesson, step, scene)
    except MiniGPTError as error:
        yield f"<p>{escape(translated(error.message))}</p>"
        return
    if not step.is_done(numbers):
        yield f"<p>{escape(_('What is trained for it was not done yet.'))}</p>"
        return
    for figure in reveal_result(lesson, step, scene, said.guess):
        yield as_html(figure, LIGHT)
    yield f"<p>{escape(step.told(numbers, said.guess))}</p>"
    if said.why:
        words = _("Why, in my words: {why}", why=said.why)
        yield f'<p class="said">{escape(words)}</p>'
    yield f"<p>{escape(translated(step.because))}</p>"
    for label, value in values_in_words(step, scene):
        yield f'<p class="small">{escape(label)}: {escape(value)}</p>'
    yield f'<pre class="code">{escape(step.code(scene))}</pre>'
