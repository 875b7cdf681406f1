import dataclasses

from minigpt.runs.config import LoggingConfig
from minigpt.training.config import ComputeConfig, TrainingConfig
from tests.ui.harness import said
from ui.screens.train.advanced import FIRST, GROUPS

SECTIONS = {"training": TrainingConfig, "compute": ComputeConfig, "logging": LoggingConfig}


def test_every_setting_of_training_is_on_the_form_exactly_once():
    shown = [*FIRST, *(path for group in GROUPS for path in group.settings)]
    settings = [
        f"{section}.{field.name}"
        for section, kind in SECTIONS.items()
        for field in dataclasses.fields(kind)
    ]
    assert sorted(shown) == sorted([*settings, "seed", "corpus.validation"])


def show():
    from minigpt.runs.config import RunConfig
    from ui.forms.form import Form
    from ui.screens.train.advanced import draw_advanced

    draw_advanced(Form(key="test"), RunConfig())


def test_every_group_has_a_heading_and_help(draw):
    at = draw(show)
    assert [words.strip("*") for words in said(at.markdown)] == [group.title for group in GROUPS]
    descriptions = [words for words in said(at.caption) if not words.startswith("0 means")]
    assert descriptions == [group.help for group in GROUPS]
    assert all(group.help.endswith(".") for group in GROUPS)
    assert not at.exception


def test_the_order_lets_a_field_know_what_it_depends_on():
    paths = [path for group in GROUPS for path in group.settings]
    for first, then in (
        ("training.schedule", "training.decay_share"),
        ("training.schedule", "training.final_learning_rate"),
        ("training.optimizer", "training.beta2"),
        ("compute.device", "compute.precision"),
        ("compute.device", "compute.processes"),
    ):
        assert paths.index(first) < paths.index(then)
