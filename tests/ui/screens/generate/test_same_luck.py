import pytest

from minigpt.runs.trained_model import open_model, write_texts
from minigpt.sampling.distribution import SamplingConfig
from minigpt.tokenizers import TOKENIZERS
from tests.ui.harness import made_run, part, plain, said, save_weights, written
from ui.services import models
from ui.session.texts import TextSettings

PROMPT = "ROMEO: "


def show(run_id, step=20):
    from ui.components.model_picker import ChosenModel
    from ui.screens.generate import same_luck
    from ui.services.models import trained_model

    same_luck.show(ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step)))


@pytest.fixture
def visit(draw):
    def open_page(run, **query):
        return draw(show, run_id=run.id, query={"prompt": PROMPT, "tokens": "15", **query})

    return open_page


def expected(run, *, step=20, temperature=0.8, seed=1337):
    sampling = SamplingConfig(temperature=temperature)
    (text,) = write_texts(open_model(run, step=step), PROMPT, sampling, tokens=15, seeds=[seed])
    return PROMPT + text.text


def titles(at):
    return [plain(one.value) for one in at.markdown if one.value.startswith("**")]


def check_marks(at, count):
    """Each text is underlined where it first differs from the first, and its title says so."""
    first = part(at, "same-luck-0")["tokens"]
    assert part(at, "same-luck-0")["marks"] == []
    for place in range(1, count):
        data = part(at, f"same-luck-{place}")
        pairs = enumerate(zip(first, data["tokens"], strict=True))
        differs = next((index for index, (one, other) in pairs if one != other), None)
        if differs is None:
            assert data["marks"] == []
            assert "the same to the end" in titles(at)[place]
        else:
            assert data["marks"] == [[differs, differs + 1]]
            assert f"differs from token {differs - len(PROMPT) + 1} on" in titles(at)[place]


def test_steps_are_compared_with_the_chosen_one_with_the_same_numbers(visit):
    run = made_run(steps=(0, 10, 20))
    for seed, step in enumerate((0, 10, 20)):
        save_weights(run, run.config(), (step,), seed=seed)
    at = visit(run, along="step", seed="5")
    wanted = [expected(run, step=step, seed=5) for step in (20, 0, 10)]
    assert [written(at, f"same-luck-{place}") for place in range(3)] == wanted
    assert titles(at)[0] == "**step 20**, with which the others are compared"
    check_marks(at, 3)
    numbers = {
        tuple(note.split("number was ")[1] for note in part(at, f"same-luck-{place}")["notes"][7:])
        for place in range(3)
    }
    assert len(numbers) == 1
    assert not at.exception


def test_temperatures_are_compared_with_the_one_of_the_knob(visit):
    run = made_run()
    at = visit(run, along="temperature", temperature="0.5")
    values = [0.5, 0.0, 0.8, 1.0, 1.5]
    shown = [written(at, f"same-luck-{place}") for place in range(5)]
    assert shown == [expected(run, temperature=one) for one in values]
    assert [title.split("**")[1] for title in titles(at)] == [
        f"temperature {one:g}" for one in values
    ]
    check_marks(at, 5)
    assert not at.exception


def test_models_with_the_same_tokens_are_compared_at_their_best_steps(visit):
    run, other = made_run(name="One"), made_run(name="Other")
    save_weights(other, other.config(), (20,), seed=3)
    at = visit(run, along="run")
    assert [written(at, f"same-luck-{place}") for place in range(2)] == [
        expected(run), expected(other)
    ]  # fmt: skip
    assert [title.split("**")[1] for title in titles(at)] == ["One", "Other"]
    check_marks(at, 2)
    assert not at.exception


def test_weights_of_models_with_other_tokens_are_not_opened(visit, monkeypatch):
    run, other = made_run(name="One"), made_run(name="Other")
    other.write("tokenizer", TOKENIZERS["byte"].train("any").to_dict())
    opened, real = [], models.open_model

    def watched(directory, **which):
        opened.append(directory.id)
        return real(directory, **which)

    monkeypatch.setattr(models, "open_model", watched)
    at = visit(run, along="run")
    assert "No other model here" in said(at.info)[0]
    assert set(opened) == {run.id}


def test_where_no_other_model_has_the_same_tokens_that_is_said(visit):
    at = visit(made_run(), along="run")
    assert "No other model here" in said(at.info)[0]
    assert len(titles(at)) == 1
    assert not at.exception


def test_a_prompt_that_cannot_be_read_is_told(visit):
    at = visit(made_run(), prompt="50%")
    assert "never seen '%'" in plain(at.error[0].value)
    assert not at.exception


def test_a_text_opens_where_it_is_written_with_its_settings(visit):
    run = made_run()
    at = visit(run, along="temperature", temperature="0.5", seed="7")
    next(one for one in at.button if one.key == "open-3").click().run()
    asked = at.query_params
    # What a fresh page asks for with the same knobs has the same mark: it is written at once.
    wanted = TextSettings(
        run=run.id, step=20, prompt=PROMPT, temperature=1.0, top_k=0, top_p=1.0, tokens=15, seed=7
    )
    assert (asked["mode"], asked["written"]) == ("write", wanted.mark)
    assert at.session_state["temperature"] == 1.0
    assert not at.exception


def test_only_knobs_that_do_something_are_offered(visit):
    at = visit(made_run())
    assert "Repetition penalty" in [one.label for one in at.slider]
    assert not {"Texts", "Stop at"} & {one.label for one in (*at.number_input, *at.text_area)}
