import base64
import contextlib
import io
import math

import numpy as np
import pytest

from tests.ui.harness import made_run, map_values, part, said
from tests.ui.screens.inspect.looking import TEXT, show, traced
from ui.screens.inspect.head.stages import STAGES, cell_of, channel_table, reproducing_code


@pytest.mark.parametrize(("layer", "head"), [(1, 1), (1, 2), (2, 1), (2, 2)])
@pytest.mark.parametrize("stage", STAGES)
def test_the_map_is_the_chosen_stage_of_the_chosen_head(draw, layer, head, stage):
    run = made_run()
    query = {"text": TEXT, "layer": str(layer), "head": str(head), "stage": stage}
    at = draw(show, run_id=run.id, query=query)
    data = part(at, "head-map")
    expected = getattr(traced(run, TEXT).layers[layer - 1], stage)[0, head - 1].numpy()
    np.testing.assert_array_equal(map_values(data), expected)
    assert data["causal"] == (stage in ("masked_scores", "weights"))
    assert f"Layer {layer}, head {head}, step 20" in said(at.subheader)
    assert not at.exception


def test_a_step_has_its_thousands_separated(draw):
    at = draw(show, run_id=made_run(steps=(0, 2000)).id, step=2000)
    assert "Layer 1, head 1, step 2,000" in said(at.subheader)


def test_every_number_of_a_cell_follows_from_the_ones_before_it(draw):
    at = draw(show, run_id=made_run().id, query={"text": TEXT, "token": "7", "looked": "3"})
    cell = cell_of(at.session_state["view"], 2)
    assert float(cell.queries @ cell.keys) == pytest.approx(cell.product, abs=1e-6)
    assert cell.product * cell.scale == pytest.approx(cell.score, abs=1e-6)
    assert math.exp(cell.score - cell.largest) / cell.total == pytest.approx(cell.weight, abs=1e-6)
    assert channel_table(cell)["product"].sum() == pytest.approx(cell.product, abs=1e-5)
    shown = " ".join(said(at.latex))
    for number in (cell.product, cell.score, cell.weight):
        assert f"{number:.4f}" in shown


@pytest.mark.parametrize(("token", "looked"), [(None, None), (7, 3), (7, 9)])
def test_the_lines_of_python_print_the_weight(draw, token, looked):
    asked = {"token": token, "looked": looked, "layer": 2, "head": 2}
    query = {"text": TEXT} | {name: str(value) for name, value in asked.items() if value}
    at = draw(show, run_id=made_run().id, query=query)
    assert not at.code
    at.session_state["cell-in-python"] = True
    [code] = said(at.run().code)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    look = at.session_state["view"]
    # A token cannot be looked at by an earlier one: then it is the strongest.
    row = look.weights[look.query]
    key = looked - 1 if looked == 3 else int(row.argmax())
    assert float(printed.getvalue()) == pytest.approx(float(row[key]), abs=1e-6)
    assert code == reproducing_code(look, key)


@pytest.mark.parametrize("text", ['a"b', "it's", "a\\b", "{x}"])
def test_any_text_can_stand_in_the_lines_of_python(text):
    compile(f"x = {text!r}", "", "exec")


def test_weights_can_be_seen_as_lines(draw):
    run = made_run()
    query = {"text": TEXT, "picture": "lines", "token": "7", "looked": "3", "layer": "2"}
    at = draw(show, run_id=run.id, query=query)
    data = part(at, "head-lines")
    assert data["chosen"] == [6, 2]
    values = np.frombuffer(base64.b64decode(data["values"]), dtype=np.float32)
    expected = traced(run, TEXT).layers[1].weights[0, 0].numpy()
    np.testing.assert_array_equal(values.reshape(expected.shape), expected)
    at.button_group("url-stage").set_value("scores").run()
    assert part(at, "head-map")  # what is no share has no lines
    assert not at.exception
