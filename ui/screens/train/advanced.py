"""The settings of training that a beginner can leave alone, in groups that belong together."""

from dataclasses import dataclass

import streamlit as st

from minigpt.runs.config import RunConfig
from minigpt.sentences import N_
from ui.forms.form import Form
from ui.i18n import translated

FIRST = (
    "training.steps",
    "training.batch_size",
    "training.learning_rate",
    "training.evaluation_interval",
)
"""Those that everybody sees."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Some settings under one heading."""

    title: str
    help: str
    """What they are about, for somebody who meets them for the first time."""
    settings: tuple[str, ...]


OF_THE_TEXT = Group(
    title=N_("What it is judged by"),
    help=N_(
        "A tenth of the text is kept from training, and how well the model predicts it is the "
        "honest measure of what it learnt. The last tenth is usual. Where a text ends in something "
        "else, such as a licence, or repeats itself, paragraphs drawn from everywhere are fairer."
    ),
    settings=("corpus.validation",),
)
GROUPS = (
    OF_THE_TEXT,
    Group(
        title=N_("Learning rate"),
        help=N_(
            "Each step moves every weight a little against its gradient; the learning rate says "
            "how far. Too far, and the loss jumps; too little, and nothing happens. So it rises "
            "from zero while the gradients are wild, and falls at the end so that the weights "
            "settle."
        ),
        settings=(
            "training.warmup_steps",
            "training.schedule",
            "training.final_learning_rate",
            "training.decay_share",
        ),
    ),
    Group(
        title=N_("Optimizer"),
        help=N_(
            "The rule that turns gradients into steps. AdamW decides for each weight by itself how "
            "far it moves; Muon moves a whole matrix about equally far in all its directions, and "
            "often needs fewer steps. Decay and clipping keep the weights and single steps from "
            "growing too large."
        ),
        settings=(
            "training.optimizer",
            "training.momentum",
            "training.weight_decay",
            "training.gradient_clip",
            "training.beta2",
        ),
    ),
    Group(
        title=N_("Batches"),
        help=N_(
            "A step looks at a batch of windows, cut from the text at random, and follows the "
            "average of what they say. If a batch does not fit into memory, compute it in pieces."
        ),
        settings=(
            "training.gradient_accumulation",
            "training.never_read",
            "seed",
        ),
    ),
    Group(
        title=N_("When to stop"),
        help=N_(
            "A run ends after its steps, or sooner: when it has read the text often enough, "
            "when time is up, or when the validation loss has not improved for a while."
        ),
        settings=(
            "training.epochs",
            "training.minutes",
            "training.patience",
        ),
    ),
    Group(
        title=N_("Where it is computed"),
        help=N_(
            "None of this changes what the model is, only how fast it comes about. The first "
            "choice of each works everywhere."
        ),
        settings=(
            "compute.device",
            "compute.precision",
            "compute.threads",
            "compute.processes",
            "compute.compile",
        ),
    ),
    Group(
        title=N_("What is written down"),
        help=N_(
            "At every evaluation the model writes a sample of text. Its weights are kept at "
            "some steps of the training, as checkpoints, so that you can look back at how it "
            "learnt."
        ),
        settings=(
            "logging.checkpoints",
            "logging.sample_tokens",
            "logging.head_shares",
            "logging.attention_frames",
            "logging.attention_text",
            "logging.tensorboard",
        ),
    ),
)


def draw_advanced(form: Form, config: RunConfig, *, keeps_text: bool = False) -> None:
    """Every group: heading, help, settings; of the text none where that stays what it was."""
    for group in GROUPS[1:] if keeps_text else GROUPS:
        st.markdown(f"**{translated(group.title)}**")
        st.caption(translated(group.help))
        form.draw(config, group.settings)
