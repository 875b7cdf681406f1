import pytest

from minigpt.errors import ConfigurationError
from minigpt.runs.config import RunConfig
from minigpt.runs.store import PROJECT_FOLDER
from minigpt.runs.synonyms import NOT_SETTINGS, SYNONYMS, hint_for, setting_called

SETTINGS = {
    f"{section}.{name}"
    for section, values in RunConfig().to_dict().items()
    if isinstance(values, dict)
    for name in values
}
PAIRS = [(path, other) for path, others in SYNONYMS.items() for other in others]


def documented(heading):
    """The rows under a table's heading in docs/command-line.md, each as its two cells."""
    text = (PROJECT_FOLDER / "docs" / "command-line.md").read_text(encoding="utf-8")
    table = text.split(f"{heading}\n|---|---|\n")[1].split("\n\n")[0]
    return [tuple(row.strip("| ").split(" | ")) for row in table.splitlines()]


def test_they_lead_to_settings_and_each_to_one():
    assert set(SYNONYMS) <= SETTINGS
    others = [other for _, other in PAIRS]
    own = {path.partition(".")[2] for path in SETTINGS}
    assert len(set(others)) == len(others)
    assert not own & {*others, *NOT_SETTINGS}
    assert not {*others} & {*NOT_SETTINGS}


@pytest.mark.parametrize(("path", "other"), PAIRS)
def test_a_name_is_understood_with_its_section_and_without(path, other):
    section = path.partition(".")[0]
    assert setting_called(other) == setting_called(f"{section}.{other}") == path
    assert setting_called(f"logging.{other}") == f"logging.{other}"


@pytest.mark.parametrize("path", SYNONYMS)
def test_its_own_name_needs_no_section(path):
    assert setting_called(path.partition(".")[2]) == setting_called(path) == path
    assert hint_for(path) is None


@pytest.mark.parametrize(("path", "other"), PAIRS)
def test_a_configuration_knows_only_its_own_names_and_says_so(path, other):
    for name in (other, f"training.{other}", f"corpus.{other}", f"seed.{other}"):
        with pytest.raises(ConfigurationError, match=f"Did you mean {path}\\?"):
            RunConfig().changed({name: "1"})


@pytest.mark.parametrize("name", NOT_SETTINGS)
def test_what_is_no_setting_is_told_what_takes_its_place(name):
    with pytest.raises(ConfigurationError) as refused:
        RunConfig().changed({f"model.{name}": "1"})
    assert NOT_SETTINGS[name] in refused.value.message


def test_a_setting_that_another_rung_lacks_is_not_called_unknown():
    bigram = RunConfig().changed({"model.rung": "bigram"})
    with pytest.raises(ConfigurationError, match="model has no setting called 'width'"):
        bigram.changed({"model.width": 8})


def test_the_documentation_lists_them():
    assert documented("| setting | also called |") == [
        (f"`{path}`", ", ".join(f"`{other}`" for other in others))
        for path, others in SYNONYMS.items()
    ]
    assert documented("| name | what takes its place |") == [
        (f"`{name}`", text) for name, text in NOT_SETTINGS.items()
    ]
