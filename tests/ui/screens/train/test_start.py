import pytest

from minigpt.checkpoints.manifest import Checkpoint
from tests.ui.harness import made_run, plain, said, tiny_config
from ui.screens.run.checkpoints import checkpoint_title
from ui.screens.train.start import promise, steps_to_offer


def show(run_id):
    import streamlit as st

    from ui.screens.train.start import describe_weights, from_weights, is_page_key
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

    from ui.screens.train.start import newest_with_weights

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
    assert "step 1,500" in promise("fork", 1500)
    assert "counts from 0" in promise("fine_tune", 1500)
