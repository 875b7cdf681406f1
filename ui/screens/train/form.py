"""The three steps of the Train page: the text, the model, the training."""

from typing import get_args

import streamlit as st

from minigpt.corpora import ValidationPart, require_length
from minigpt.errors import MiniGPTError
from minigpt.jobs.worker.tensorboard import require_tensorboard
from minigpt.models import LADDER
from minigpt.runs.config import RunConfig
from minigpt.runs.warm_start import warm_start_config
from ui import messages, pickers
from ui.forms.form import Form
from ui.forms.labels import field_names
from ui.forms.rules import rule
from ui.i18n import _, translated
from ui.screens.train.advanced import FIRST, draw_advanced
from ui.screens.train.starting_point import NO_FILE, StartingPoint, describe_weights
from ui.services import models, runs, texts
from ui.session import url
from ui.session.form_state import current_form

SHAPE_FIRST = ("model.context_length", "model.width", "model.num_layers", "model.num_heads")
TEXT_KEY, RUNG_KEY = "train-corpus", "train-rung"
RUNG, VALIDATION = "model.rung", "corpus.validation"


def choose_text(starting_point: StartingPoint) -> str:
    """Step 1; returns the text's key."""
    st.subheader(_("1 · The text"), anchor=False)
    if starting_point.keeps_text:
        name = starting_point.base.corpus.name
        title = messages.escape(runs.corpus_title(name))
        st.markdown(
            _("The same as before: **{title}**. To use another one, fine-tune.", title=title)
        )
        return name
    sources = {source.name: source for source in runs.texts()}
    default, chosen = _first_choice(starting_point, set(sources))
    st.session_state[TEXT_KEY] = chosen
    pickers.select_box(
        _("Text"), list(sources), key=TEXT_KEY, show=lambda name: translated(sources[name].title),
        on_change=_take_text, args=(default,),
        help=_("What the model learns to continue. Bring your own on the Text page."),
    )  # fmt: skip
    st.caption(translated(sources[chosen].description))
    _remark(starting_point, chosen)
    _remark_on_part(starting_point, chosen)
    return chosen


def _first_choice(starting_point: StartingPoint, offered: set[str]) -> tuple[str, str]:
    """The text of an untouched form, and the one to show.

    That is what was chosen here, else on another page; for repeated settings, their own text.
    """
    named = starting_point.base.corpus.name
    repeats = starting_point.preset is None and starting_point.source is None and named in offered
    default = named if repeats else runs.first_corpus()
    asked = current_form().get_value(url.CORPUS) or (
        "" if repeats else url.remembered_choice(url.CORPUS)
    )
    chosen = asked if asked in offered else default
    if chosen != default:
        current_form().prefill_value(url.CORPUS, chosen)  # so that a sent link shows the same
    url.remember(url.CORPUS, chosen)
    return default, chosen


def _take_text(default: str) -> None:
    url.remember(url.CORPUS, st.session_state[TEXT_KEY])
    current_form().read_widget(url.CORPUS, TEXT_KEY, default)


def _remark(starting_point: StartingPoint, chosen: str) -> None:
    """What is special about this text together with what the run begins with."""
    if starting_point.source is not None:
        with messages.errors_shown():
            note = texts.unknown_note(starting_point.source, chosen)
        if note:
            st.warning(messages.escape(translated(note)), icon=":material/translate:")
        return
    made_for = starting_point.base.corpus.name
    if starting_point.preset and made_for not in (runs.FIRST_CORPUS, chosen):
        title = runs.corpus_title(made_for)
        st.caption(
            _("This preset is made for the text “{title}”; choose that one here.", title=title)
        )


def _remark_on_part(starting_point: StartingPoint, chosen: str) -> None:
    """What speaks against the text and its tenth that judges, and a button that mends that."""
    asked = current_form().get_value(VALIDATION) or starting_point.base.corpus.validation
    parts: tuple[ValidationPart, ...] = get_args(ValidationPart)
    part = next((one for one in parts if one == asked), parts[0])
    try:
        warnings, judging = runs.corpus_warnings(chosen, part), runs.corpus_judging(chosen, part)
    except MiniGPTError:  # the box beside the form says that the text cannot be had
        return
    for warning in warnings:
        st.warning(messages.escape(translated(warning)), icon=":material/balance:")
    if judging and judging.is_mended_by_paragraphs and part != "paragraphs":
        st.button(
            _("Judge by paragraphs from everywhere"), icon=":material/shuffle:",
            key="judge-by-paragraphs", on_click=current_form().set_values,
            args=({VALIDATION: "paragraphs"},),
        )  # fmt: skip


def choose_settings(starting_point: StartingPoint) -> Form:
    """Steps 2 and 3; returns what was changed on the form."""
    compute = models.compute_options()
    form = Form(key=starting_point.key, rules=lambda path, values: rule(path, values, compute))
    st.subheader(_("2 · The model"), anchor=False)
    if starting_point.source is None:
        _choose_model(form, starting_point.base)
    else:
        describe_weights(starting_point)
        if "dropout" in field_names(type(starting_point.base.model)):
            form.draw(starting_point.base, ["model.dropout"])
    st.subheader(_("3 · The training"), anchor=False)
    form.draw(starting_point.base, FIRST)
    with form.folded(_("Advanced")):
        draw_advanced(form, starting_point.base, keeps_text=starting_point.keeps_text)
    return form


def _choose_model(form: Form, base: RunConfig) -> None:
    chosen = current_form().get_value(RUNG)
    chosen = chosen if chosen in LADDER else base.rung
    st.session_state[RUNG_KEY] = chosen
    pickers.pills(
        _("Model"), list(LADDER), key=RUNG_KEY, show=lambda rung: translated(LADDER[rung].title),
        on_change=_take_rung, args=(base.rung,),
        help=_("A ladder: each one adds something to the one before."),
    )  # fmt: skip
    st.caption(translated(LADDER[chosen].description))
    form.values[RUNG] = chosen
    config = base if chosen == base.rung else base.changed({RUNG: chosen})
    form.draw_tokenizer(config.tokenizer)
    shape = [f"model.{name}" for name in field_names(type(config.model))]
    with form.folded(_("Shape")):
        form.draw(config, [path for path in shape if path in SHAPE_FIRST])
        form.draw(config, [path for path in shape if path not in SHAPE_FIRST])


def _take_rung(default: str) -> None:
    # Another rung starts from its own shape.
    form = current_form()
    form.replace_values(lambda name: name.startswith("model."), {})
    form.read_widget(RUNG, RUNG_KEY, default)


def configuration(starting_point: StartingPoint, form: Form, corpus_name: str) -> RunConfig:
    """What the form describes.

    Raises:
        ConfigurationError: a value cannot work; its field says which.
        CorpusError: the text cannot be had or is too short for the context.
        RunError: the run to begin with has lost its weights.
    """
    named = {} if starting_point.keeps_text else {**NO_FILE, "corpus.name": corpus_name}
    if starting_point.source is None:
        config = starting_point.base.changed({**form.values, **named})
    else:
        config = warm_start_config(
            starting_point.source, starting_point.start.kind, step=starting_point.start.step,
            changes={**form.values, **named},
        )  # fmt: skip
    if config.logging.tensorboard:
        require_tensorboard()
    if not config.corpus.path:
        text = runs.corpus(config.corpus.name, config.corpus.validation)
        require_length(text, config.model.context_length)
    return config


def suggested_name(starting_point: StartingPoint, corpus_name: str) -> str:
    """A name for a run that was given none."""
    if starting_point.preset is None and starting_point.base.corpus.name == corpus_name:
        return starting_point.title
    return _("{start} on {text}", start=starting_point.title, text=runs.corpus_title(corpus_name))
