import dataclasses

import pytest

from minigpt.checkpoints.manifest import add_checkpoint, list_checkpoints
from tests.ui.harness import links, made_run, plain, said
from ui.services import runs


def choose():
    import streamlit as st

    from ui.components.model_picker import choose_model
    from ui.navigation import ensure_frame

    ensure_frame()
    chosen = choose_model()
    st.session_state["chosen"] = (chosen.run_id, chosen.step, chosen.trained.checkpoint.step)


def chosen(at):
    return at.session_state["chosen"]


def test_where_nothing_was_trained_the_way_to_train_is_shown(draw):
    at = draw(choose)
    assert said(at.info) == ["No model has been trained here yet."]
    assert links(at) == {"Train one now": ("", "")}
    assert "chosen" not in at.session_state
    assert not at.exception


def test_the_newest_run_at_its_last_step_is_chosen_first(draw):
    made_run(name="older")
    newest = made_run(name="newest")
    at = draw(choose)
    assert chosen(at) == (newest.id, 20, 20)
    assert at.query_params == {}
    assert not at.exception


def test_of_a_run_that_got_worse_the_best_step_after_the_first_is_chosen_and_said(draw):
    run = made_run(steps=(0, 5, 20))
    for saved, loss in zip(list_checkpoints(run.weights), (4.0, 4.5, 9.0), strict=True):
        add_checkpoint(run.weights, dataclasses.replace(saved, validation_loss=loss))
    at = draw(choose)
    assert chosen(at) == (run.id, 5, 5)
    assert any("4.5000 at this step, the best that is saved" in words for words in said(at.caption))
    at = draw(choose, query={"run": run.id, "step": "0"})
    assert chosen(at) == (run.id, 0, 0)
    assert not any("the best" in words for words in said(at.caption))


def test_the_demo_comes_before_what_is_newer(draw):
    demo = made_run(run_id=runs.DEMO_RUN)
    made_run(name="newer")
    assert chosen(draw(choose))[0] == demo.id


def test_a_link_chooses_run_and_step(draw):
    linked = made_run(name="linked")
    made_run(name="newer")
    at = draw(choose, query={"run": linked.id, "step": "0"})
    assert chosen(at) == (linked.id, 0, 0)
    assert at.select_slider[0].value == "0"
    assert not at.exception


def test_choosing_changes_the_address(draw):
    older = made_run(name="older")
    made_run(name="newer")
    at = draw(choose)
    at.selectbox[0].set_value(older.id).run()
    at.select_slider[0].set_value("0").run()
    assert chosen(at) == (older.id, 0, 0)
    assert at.query_params == {"run": older.id, "step": "0"}
    assert not at.exception


def test_a_run_that_is_gone_is_named_literally_and_another_one_shown(draw):
    run = made_run()
    at = draw(choose, query={"run": "`[click](http://evil.example)"})
    words = plain(at.warning[0].value)
    assert "`[click](http://evil.example)" in words
    assert "[click]" not in at.warning[0].value
    assert chosen(at)[0] == run.id
    assert not at.exception


def test_a_run_without_weights_yet_can_be_watched(draw):
    run = made_run(steps=(), state=None, end=None)
    at = draw(choose)
    assert "has saved nothing yet" in at.info[0].value
    assert links(at) == {"Watch it train": ("run", f"run={run.id}")}
    assert not at.exception


def test_one_saved_step_needs_no_slider(draw):
    made_run(steps=(20,))
    at = draw(choose)
    assert not at.select_slider
    assert chosen(at)[1:] == (20, 20)
    assert not at.exception


@pytest.mark.parametrize(
    ("validation_loss", "words"),
    [
        (2.25, "validation loss 2.2500 at this step, the best that is saved"),
        (None, "not judged at this step"),
    ],
)
def test_the_loss_told_is_that_of_the_chosen_step(draw, validation_loss, words):
    weights = made_run().weights
    last = list_checkpoints(weights)[-1]
    add_checkpoint(weights, dataclasses.replace(last, validation_loss=validation_loss))
    at = draw(choose)
    assert words in said(at.caption)
    assert any("finished" in words for words in said(at.markdown))
    assert not at.exception


@pytest.mark.parametrize("damage", [b"damaged", None])
def test_weights_that_cannot_be_read_end_the_page_with_the_reason(draw, damage):
    weights = made_run().weights / "step-00000020.safetensors"
    if damage is None:
        weights.unlink()
    else:
        weights.write_bytes(damage)
    at = draw(choose)
    assert "step 20 are" in at.error[0].value
    assert "chosen" not in at.session_state
    assert not at.exception


def test_steps_have_their_thousands_separated(draw):
    run = made_run(steps=(0, 2000))
    at = draw(choose)
    assert list(at.select_slider[0].options) == ["0", "2,000"]
    assert chosen(at)[1:] == (2000, 2000)
    assert chosen(draw(choose, query={"run": run.id, "step": "2000"}))[1:] == (2000, 2000)
