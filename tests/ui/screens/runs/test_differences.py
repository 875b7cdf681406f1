from minigpt.runs.analysis.config_diff import differing_settings
from minigpt.runs.config import RunConfig
from ui.screens.runs.compare import difference_table, in_words

BASE = RunConfig()


def compared(**changed):
    configs = {"base": BASE} | {name: BASE.changed(change) for name, change in changed.items()}
    return differing_settings({name: config.to_dict() for name, config in configs.items()})


def rows(comparison):
    names = {name: name.upper() for name in ("base", "other")}
    return difference_table(comparison, names).to_dict("records")


def test_a_row_a_setting_and_a_column_a_run():
    found = rows(compared(other={"training.steps": 200_000, "model.bias": False}))
    assert found == [
        {"Setting": "bias (model)", "BASE": "yes", "OTHER": "no"},
        {"Setting": "steps (training)", "BASE": "1,000", "OTHER": "200,000"},
    ]


def test_what_a_model_does_not_have_is_a_dash():
    found = rows(compared(other={"model.rung": "bigram"}))
    assert {"Setting": "width (model)", "BASE": "64", "OTHER": "–"} in found


def test_a_seed_alone_is_said_in_words():
    assert "but the seed" in in_words(compared(other={"seed": 3}))
    assert "same settings" in in_words(compared(other={}))
    assert in_words(compared(other={"seed": 3, "training.steps": 3})) is None


def show(configs):
    from ui.screens.runs.compare import draw_differences

    draw_differences(configs, {name: name for name in configs})


def test_differences_are_a_table(draw):
    other = BASE.changed({"training.steps": 3})
    at = draw(show, configs={"a": BASE.to_dict(), "b": other.to_dict()})
    assert at.dataframe[0].value["Setting"].tolist() == ["steps (training)"]
    assert not at.markdown
    assert not at.exception


def test_the_same_settings_have_no_table(draw):
    at = draw(show, configs={"a": BASE.to_dict(), "b": BASE.to_dict()})
    assert not at.dataframe
    assert "same settings" in at.markdown[0].value


def test_a_seed_is_shown_with_its_words(draw):
    at = draw(show, configs={"a": BASE.to_dict(), "b": BASE.changed({"seed": 3}).to_dict()})
    assert at.dataframe[0].value.to_dict("records") == [{"Setting": "seed", "a": "1,337", "b": "3"}]
    assert "chance" in at.markdown[0].value
