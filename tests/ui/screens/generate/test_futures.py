import pytest

from minigpt.runs.trained_model import open_model
from tests.ui.harness import made_run, part, plain, said
from ui.components.model_picker import ChosenModel
from ui.screens.generate.futures import values_of
from ui.services.generation.futures import futures


def show(run_id, step=20):
    from ui.components.model_picker import ChosenModel
    from ui.screens.generate import futures as screen
    from ui.services.models import trained_model

    screen.show(ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step)))


def test_a_link_opens_the_tree_as_far_as_it_was_opened(draw):
    run = made_run()
    tokenizer = open_model(run, step=20).tokenizer
    ids = tokenizer.encode("ROMEO:")
    opened = futures(run.id, 20, ids, [])[0].path
    query = {"prompt": "ROMEO:", "opened": ".".join(map(str, opened))}
    at = draw(show, run_id=run.id, query=query)
    lines = part(at, "futures")["lines"]
    expected = futures(run.id, 20, ids, [opened])
    assert [line["probability"] for line in lines] == [one.probability for one in expected]
    assert [line["ofPath"] for line in lines] == [one.of_path for one in expected]
    assert [line["open"] for line in lines].count(True) == 1
    assert lines[0]["open"]
    assert {line["depth"] for line in lines} == {0, 1}
    rests = [line["text"] for line in lines if line["rest"]]
    assert len(rests) == 2
    assert all(text.endswith(" others") for text in rests)
    assert "together reach 90 %" in said(at.caption)[-1]
    assert not at.exception


def test_the_lines_are_saved_with_what_they_were_computed_from():
    run = made_run()
    trained = open_model(run, step=20)
    found = futures(run.id, 20, trained.tokenizer.encode("ROMEO:"), [])
    chosen = ChosenModel(run_id=run.id, step=20, trained=trained)
    values = values_of(chosen, "ROMEO:", found)
    assert (values["run"], values["step"], values["prompt"]) == (run.id, 20, "ROMEO:")
    assert sum(one["probability"] for one in values["lines"]) == pytest.approx(1, abs=1e-5)
    named = [one for one in values["lines"] if not one["others"]]
    assert [trained.tokenizer.decode(one["ids"]) for one in named] == [
        "".join(one["tokens"]) for one in named
    ]


def test_at_first_the_likeliest_way_is_open_and_it_can_be_closed(draw):
    run = made_run()
    ids = open_model(run, step=20).tokenizer.encode("ROMEO:")
    lines = part(draw(show, run_id=run.id, query={"prompt": "ROMEO:"}), "futures")["lines"]
    first = futures(run.id, 20, ids, [])[0].path
    second = next(one.path for one in futures(run.id, 20, ids, [first]) if len(one.path) == 2)
    expected = futures(run.id, 20, ids, [first, second])
    assert [line["probability"] for line in lines] == [one.probability for one in expected]
    assert [line["depth"] for line in lines if line["open"]] == [0, 1]
    closed = draw(show, run_id=run.id, query={"prompt": "ROMEO:", "opened": "-"})
    assert {line["depth"] for line in part(closed, "futures")["lines"]} == {0}


@pytest.mark.parametrize("opened", ["x", "1..2", "-1", "99999", "1.2_", "9" * 40, "\u0663"])
def test_what_cannot_be_opened_is_ignored(draw, opened):
    run = made_run()
    at = draw(show, run_id=run.id, query={"prompt": "ROMEO:", "opened": opened})
    assert not any(line["open"] for line in part(at, "futures")["lines"])
    assert not at.exception


def test_a_prompt_that_cannot_be_read_is_told(draw):
    at = draw(show, run_id=made_run().id, query={"prompt": "50%"})
    assert "never seen '%'" in plain(at.error[0].value)
    assert not at.exception
