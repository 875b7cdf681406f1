import pytest

from minigpt.runs.analysis.remedies import Change
from minigpt.runs.presets import PRESETS
from tests.ui.harness import DONE, links, made_run, plain, said
from ui.screens.run.verdict import change_words, changed_form_address
from ui.services.runs import snapshot

LOSSES = {"broken": (4.2, 2041.0, 1275.0), "good": (4.2, 2.0, 1.9), "flat": (4.2, 4.2, 4.2)}


def a_run(losses, **changes):
    """A finished run with these losses at its three evaluations."""
    config = PRESETS["lecture-gpt"].config.changed(
        {name.replace("__", "."): value for name, value in changes.items()}
    )
    run = made_run(name="Judged", config=config, steps=(), state=DONE)
    run.metrics.unlink()
    for place, loss in enumerate(losses):
        row = {"step": 10 * place, "train_loss": loss, "validation_loss": loss}
        run.append("metrics", row | {"training_part_loss": loss})
    run.write("state", DONE | {"heartbeat": 1.0, "best_validation_loss": min(losses)})
    return run


def show_run(run_id):
    from ui.navigation import ensure_frame
    from ui.screens.run.monitor import draw_run
    from ui.services.runs import snapshot

    ensure_frame()
    draw_run(snapshot(run_id))


def show_home():
    from ui.navigation import ensure_frame
    from ui.screens.home import run_cards
    from ui.services.runs import all_runs

    ensure_frame()
    run_cards(all_runs())


def show_table():
    from ui.navigation import ensure_frame
    from ui.screens.runs.table import run_table
    from ui.services.runs import all_runs

    ensure_frame()
    run_table(all_runs(), [run.id for run in all_runs()])


def ticks(at):
    """Whatever says that all is well: a green badge, a tick, a green box."""
    words = [*said(at.markdown), *said(at.caption)]
    return [word for word in words if "green" in word or "check" in word] + said(at.success)


def test_a_run_that_broke_says_so_why_and_how_to_mend_it(draw):
    run = a_run(LOSSES["broken"], training__learning_rate=3.0, training__steps=60)
    at = draw(show_run, run_id=run.id)
    words = plain(at.error[0].value)
    assert words.startswith("**It broke: its validation loss rose from 4.2000 at its start to")
    assert "“learning rate” is 3: 3,000 times the 0.001 of the preset “Lecture GPT”" in words
    assert "Start again with learning rate: 0.001" in [one.label for one in at.button]
    assert "Train longer" not in links(at)
    assert not at.exception


@pytest.mark.parametrize("kind", ["broken", "flat"])
def test_a_run_that_went_wrong_has_no_tick_anywhere(draw, kind):
    run = a_run(LOSSES[kind])
    for at in (draw(show_run, run_id=run.id), draw(show_home), draw(show_table)):
        assert ticks(at) == []
        assert not at.exception


def test_a_run_that_went_well_has_its_tick(draw):
    run = a_run(LOSSES["good"])
    assert ticks(draw(show_run, run_id=run.id))
    assert ticks(draw(show_home))


def test_the_table_says_the_verdict_and_both_losses(draw):
    a_run(LOSSES["broken"])
    shown = draw(show_table).dataframe[0].value
    assert (shown["Verdict"][0], shown["Loss"][0], shown["Last"][0]) == ("broke", 1275.0, 1275.0)


def test_a_card_shows_the_last_loss_beside_a_better_best_one(draw):
    a_run((4.2, 2.0, 2.5))
    metric = draw(show_home).metric[0]
    assert (metric.value, metric.delta) == ("2.0000", "last 2.5000 (step 20)")


def test_the_button_leads_to_a_form_with_the_change():
    run = snapshot(made_run(steps=()).id)
    change = Change("training.learning_rate", 0.001)
    assert changed_form_address(run, change) == {
        "like": run.summary.id,
        "training.learning_rate": "0.001",
    }
    assert change_words(change) == "Start again with learning rate: 0.001"


def test_a_fork_is_begun_again_from_the_same_weights():
    parent, fork = made_run(), made_run()
    start = {"kind": "fork", "run": parent.id, "step": 20}
    fork.write("config", {**fork.config().to_dict(), "start": start})
    change = Change("training.learning_rate", 0.001)
    assert changed_form_address(snapshot(fork.id), change) == {
        "from": parent.id, "kind": "fork", "at": "20", "training.learning_rate": "0.001",
    }  # fmt: skip
