import pytest

from minigpt.runs.trained_model import open_model, search_texts
from tests.ui.harness import made_run, plain, said, texts
from ui.components.model_picker import ChosenModel
from ui.screens.generate.beams import Search, table_of, values_of

PROMPT = "ROMEO: "


def show(run_id, step=20):
    from ui.components.model_picker import ChosenModel
    from ui.screens.generate import beams
    from ui.services.models import trained_model

    beams.show(ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step)))


@pytest.mark.parametrize(("power", "stop"), [("1", ""), ("0", "e"), ("0.5", "e")])
def test_the_texts_and_their_scores_are_those_of_the_search(draw, power, stop):
    run = made_run()
    query = {
        "prompt": PROMPT, "beams": "2", "length": "20", "normalised": power, "stop": stop,
    }  # fmt: skip
    at = draw(show, run_id=run.id, query=query)
    found = search_texts(
        open_model(run, step=20), PROMPT, beams=2, tokens=20, stop=[stop] if stop else [],
        length_normalisation=float(power),
    )  # fmt: skip
    assert texts(at) == [PROMPT + found[0][0]]
    assert not stop or all(stop not in text for text, _beam in found)
    table = at.dataframe[0].value
    assert table["tokens"].tolist() == [len(beam.tokens) for _text, beam in found]
    assert table["score"].tolist() == pytest.approx(
        [beam.score(float(power)) for _text, beam in found], abs=1e-3
    )
    log_probabilities = [beam.log_probability for _text, beam in found]
    assert table["log-probability (nats)"].tolist() == pytest.approx(log_probabilities, abs=1e-3)
    assert "The best of 2 beams" in said(at.caption)[-1]
    saved = table_of(found, PROMPT, float(power))
    assert [one["text"] for one in saved] == [PROMPT + text for text, _beam in found]
    assert [one["score"] for one in saved] == [beam.score(float(power)) for _text, beam in found]
    search = Search(beams=2, tokens=20, stop=("e",), length_normalisation=float(power))
    chosen = ChosenModel(run_id=run.id, step=20, trained=open_model(run, step=20))
    values = values_of(chosen, found, PROMPT, search)
    assert (values["step"], values["prompt"], values["beams"]) == (20, PROMPT, 2)
    assert values["found"] == saved
    [onwards] = [one for one in at.button if one.label.startswith("Continue it")]
    assert onwards.click().run().query_params["prompt"] == PROMPT + found[0][0]
    assert at.query_params["mode"] == "write"
    assert not at.exception


def test_a_prompt_that_cannot_be_read_is_told(draw):
    at = draw(show, run_id=made_run().id, query={"prompt": "50%"})
    assert "never seen '%'" in plain(at.error[0].value)
    assert not at.exception
