import pytest

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.jobs.estimate.analytic import typical_seconds
from minigpt.runs.config import RunConfig, StartConfig
from minigpt.runs.presets import PRESETS
from minigpt.runs.store import RunStore
from tests.ui.harness import made_run, plain, said, tiny_config
from ui.screens.run.checkpoints import checkpoint_title
from ui.screens.train.starting_point import (
    StartingPoint,
    describes_form,
    is_page_key,
    is_setting,
    preset_title,
    start_promise,
    steps_to_offer,
)


def show(run_id):
    import streamlit as st

    from ui.screens.train.starting_point import describe_weights, from_weights, is_page_key
    from ui.session.form_state import open_form

    state = open_form("train", owns=is_page_key, restarts=is_page_key)
    starting_point = from_weights(state.get_value("from") or run_id)
    st.session_state["starting_point"] = starting_point
    describe_weights(starting_point)


def test_the_best_checkpoint_of_the_run_is_offered_to_go_on_with(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    starting_point = at.session_state["starting_point"]
    assert starting_point.source.id == run.id
    assert (starting_point.start.kind, starting_point.start.run) == ("fork", run.id)
    assert at.selectbox("train-at").options == ["Step 20", "Step 0"]
    assert at.query_params == {}
    assert not at.exception


def test_a_link_chooses_step_and_kind(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query={"at": "0", "kind": "fine_tune"})
    start = at.session_state["starting_point"].start
    assert (start.kind, start.step) == ("fine_tune", 0)
    assert any("Fine-tuning" in words for words in said(at.caption))
    assert not at.exception


def test_a_link_to_a_step_that_was_not_saved_falls_back_to_the_best(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query={"at": "7", "kind": "odd"})
    start = at.session_state["starting_point"].start
    assert (start.kind, start.step) == ("fork", 20)
    assert not at.exception


def test_step_and_kind_are_kept_in_the_address(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    at.selectbox("train-at").set_value("0").run()
    at.button_group("train-kind").set_value("fine_tune").run()
    assert at.query_params == {"at": "0", "kind": "fine_tune"}
    assert at.session_state["starting_point"].start.step == 0
    assert not at.exception


def test_another_run_is_other_ground(draw):
    first, second = made_run(name="Twin"), made_run(name="Twin")
    at = draw(show, run_id=first.id, query={"kind": "fine_tune", "training.steps": "9"})
    options = at.selectbox("train-from").options
    assert sorted(options) == sorted([f"Twin · {first.id}", f"Twin · {second.id}"])
    at.selectbox("train-from").set_value(second.id).run()
    assert at.query_params == {"kind": "fine_tune", "from": second.id}
    assert at.session_state["starting_point"].source.id == second.id
    assert not at.exception


def test_the_model_is_told_as_fixed(draw):
    run = made_run(name="My *run*")
    at = draw(show, run_id=run.id)
    assert "The same as My *run*, step 20" in plain(at.markdown[0].value).replace("**", "")
    assert any("context length 16 · width 16" in words for words in said(at.caption))
    assert any("tokens: characters" in words for words in said(at.caption))
    assert not at.exception


def newest():
    import streamlit as st

    from ui.screens.train.starting_point import newest_with_weights

    run = newest_with_weights()
    st.text(run.name if run else "none")


def test_only_runs_that_saved_something_are_offered(draw):
    assert said(draw(newest).text) == ["none"]
    made_run(name="Empty", steps=(), state=None, end=None)
    assert said(draw(newest).text) == ["none"]


def test_a_damaged_run_is_passed_over(draw):
    made_run(name="Whole")
    damaged = made_run(name="Damaged")
    (damaged.weights / "latest.json").write_text('{"version": 1, "checkpoints": 3}')
    assert said(draw(newest).text) == ["Whole"]


@pytest.mark.parametrize(
    ("kind", "step", "offered"), [("fork", 5, 20), ("fork", 20, 40), ("fine_tune", 20, 20)]
)
def test_a_fork_is_offered_steps_that_it_has_left(kind, step, offered):
    assert steps_to_offer(kind, tiny_config(), step) == offered


def test_moments_and_promises_read_as_sentences():
    saved = Checkpoint(step=1500, file="f", bytes=1, sha256="s", validation_loss=1.7)
    assert checkpoint_title(saved) == "Step 1,500 · validation loss 1.7000"
    assert "step 1,500" in start_promise("fork", 1500)
    assert "counts from 0" in start_promise("fine_tune", 1500)


def test_settings_are_told_from_other_names():
    assert all(map(is_setting, ["seed", "training.steps", "model.rung", "compute.device"]))
    assert not any(map(is_setting, ["run", "training", "training.", "odd.steps", "start", "a.b"]))


def test_the_text_and_the_name_go_with_any_form():
    assert is_page_key("corpus")
    assert is_page_key("name")
    assert not describes_form("corpus")
    assert not describes_form("name")


def test_what_a_form_starts_from_describes_it():
    for name in ("preset", "like", "from", "at", "kind", "training.steps"):
        assert is_page_key(name)
        assert describes_form(name)
    assert not is_page_key("run")


def test_only_a_fork_keeps_its_text():
    def begin(**start):
        return StartingPoint(key="k", title="t", base=RunConfig(), start=StartConfig(**start))

    assert not begin().keeps_text
    assert begin(kind="fork", run="a", step=1).keeps_text
    assert not begin(kind="fine_tune", run="a", step=1).keeps_text


def restart():
    import streamlit as st

    from ui.screens.train.starting_point import restart_form
    from ui.session.form_state import current_form

    before = {"corpus": "c", "name": "n", "preset": "p", "seed": "3", "kind": "fork", "at": "5"}
    state = current_form()
    state.set_values(before)
    restart_form({"from": "a-run"})
    st.text(" ".join(f"{name}={state.get_value(name)}" for name in (*before, "from")))


def test_on_a_restarted_form_only_the_text_and_the_name_stay(draw):
    at = draw(restart)
    assert said(at.text) == ["corpus=c name=n preset=None seed=None kind=None at=None from=a-run"]
    assert at.query_params == {"corpus": "c", "name": "n", "from": "a-run"}
    assert not at.exception


def show_start():
    import streamlit as st

    from ui.screens.train.starting_point import choose_starting_point, describes_form, is_page_key
    from ui.session.form_state import open_form

    open_form("train", owns=is_page_key, restarts=describes_form)
    st.session_state["starting_point"] = choose_starting_point()


def buttons(at):
    return {button.key: button for button in at.button}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_link_chooses_a_preset(draw, preset):
    at = draw(show_start, query={"preset": preset})
    starting_point = at.session_state["starting_point"]
    assert (starting_point.preset, starting_point.base) == (preset, PRESETS[preset].config)
    assert PRESETS[preset].description in said(at.caption)
    assert not at.exception


def test_the_first_preset_needs_no_word_in_the_address(draw):
    at = draw(show_start)
    assert at.session_state["starting_point"].preset == "quick"
    assert at.query_params == {}
    at.button_group[0].set_value("bigram").run()
    assert at.query_params == {"preset": "bigram"}
    at.button_group[0].set_value("quick").run()
    assert at.query_params == {}
    assert not at.exception


def test_presets_stand_in_the_order_of_their_times(draw):
    at = draw(show_start)
    seconds = [typical_seconds(preset.config) for preset in PRESETS.values()]
    expected = [
        preset_title(name, took)
        for took, name in sorted(zip(seconds, PRESETS, strict=True), key=lambda one: one[0])
    ]
    shown = [option.content for option in at.button_group("train-preset").proto.options]
    assert shown == expected
    assert preset_title("quick", 29.0) == "Quick · 30 s"
    assert preset_title("quick", None) == "Quick"


def test_another_preset_forgets_what_was_changed_on_the_last(draw):
    at = draw(show_start, query={"training.steps": "5", "corpus": "sentences"})
    at.button_group[0].set_value("strong").run()
    assert at.query_params == {"preset": "strong", "corpus": "sentences"}
    assert not at.exception


def test_a_trained_run_is_offered_where_there_is_one(draw):
    assert "begin-with-run" not in buttons(draw(show_start))


def test_one_can_begin_with_a_trained_run_and_go_back(draw):
    run = made_run()
    at = draw(show_start, query={"training.steps": "5"})
    buttons(at)["begin-with-run"].click().run()
    assert at.query_params == {"from": run.id}
    assert at.session_state["starting_point"].source.id == run.id
    buttons(at)["start-fresh"].click().run()
    assert at.query_params == {}
    assert at.session_state["starting_point"].preset == "quick"
    assert not at.exception


def test_like_takes_the_settings_of_a_run_and_nothing_else(draw):
    fork = tiny_config(start__kind="fork", start__run="gone", start__step=5, seed=9)
    run = made_run(name="The *first*", config=fork)
    at = draw(show_start, query={"like": run.id})
    starting_point = at.session_state["starting_point"]
    assert starting_point.base == tiny_config(seed=9)
    assert (starting_point.source, starting_point.preset) == (None, None)
    assert starting_point.title == "The *first*, again"
    assert any("The *first*" in plain(words) for words in said(at.caption))
    assert not at.exception


def test_a_large_file_of_a_run_is_not_taken_along(draw):
    run = made_run(config=tiny_config(corpus__path="/somewhere/large.txt", corpus__sha256="0"))
    base = draw(show_start, query={"like": run.id}).session_state["starting_point"].base
    assert (base.corpus.path, base.corpus.sha256) == ("", "")


def test_tokens_that_came_with_a_model_give_way_to_characters(draw):
    run = made_run(config=tiny_config(tokenizer__kind="imported"))
    at = draw(show_start, query={"like": run.id})
    assert at.session_state["starting_point"].base.tokenizer.kind == "character"
    assert any("characters instead" in words for words in said(at.caption))
    assert not at.exception


@pytest.mark.parametrize("name", ["like", "from"])
@pytest.mark.parametrize("run", ["gone", "../../etc", "<b>"])
def test_a_run_that_is_gone_is_told_with_a_way_out(draw, name, run):
    at = draw(show_start, query={name: run})
    assert "There is no run called" in plain(at.error[0].value)
    assert "starting_point" not in at.session_state
    buttons(at)["start-fresh"].click().run()
    assert at.session_state["starting_point"].preset == "quick"
    assert not at.exception


def test_a_run_without_weights_cannot_be_begun_with(draw):
    run = RunStore.default().create(tiny_config(), name="New")
    at = draw(show_start, query={"from": run.id})
    assert "has saved no weights" in plain(at.error[0].value)
    assert not at.exception
