import json

import pytest
import torch

from minigpt.introspection.circuits.neurons import activations_on, logits_without_neuron
from minigpt.runs.trained_model import open_model
from tests.ui.harness import made_run, part, plain, said, tiny_config
from ui.services.inside import sampled

TEXT = "ROMEO: the sea"


@pytest.fixture
def run():
    """A run of a small model that nobody trained, and whose neurons nobody looked at."""
    return made_run()


def words(at):
    """All sentences, a space in them wherever people see one."""
    told = [*said(at.markdown), *said(at.caption), *said(at.error)]
    return [plain(one).replace("\N{NO-BREAK SPACE}", " ") for one in told]


def visit_neurons(visit, run, **more):
    at = visit("inside", run=run.id, step="20", text=TEXT, section="neurons", **more)
    assert not at.exception
    return at


def test_bars_add_up_to_what_the_part_adds_and_the_chosen_neuron_is_shown(visit, run):
    trained = open_model(run, step=20)
    first, then = trained.tokenizer.encode("te")
    at = visit_neurons(visit, run, layer="2", asking=str(first), next=str(then), neuron="3")
    bars = json.loads(at.get("plotly_chart")[0].proto.spec)["data"][0]
    [told] = [one for one in words(at) if "these bars add up to that" in one]
    assert f"adds {sum(bars['x']):+.2f}" in told
    with torch.inference_mode():
        active = float(activations_on(trained.model, torch.tensor([[first]]))[1][0, 0, 2])
    assert f"At “t” alone its activation is {active:.2f}." in words(at)
    assert "Neuron 2.3" in said(at.subheader)
    lacking = logits_without_neuron(trained.model, 1, 2, torch.tensor([[first]]))[0, 0]
    share = 100 * float(lacking.softmax(-1)[then])
    assert any("By experiment" in one and f"with {share:.1f} %, not" in one for one in words(at))
    strip = part(at, "neuron-place-0")
    assert strip["tokens"]
    strongest = float(strip["notes"][strip["chosen"]].replace("−", "-"))
    assert strongest == max(float(one.replace("−", "-")) for one in strip["notes"])
    assert any("explains" in one and "by chance it would be" in one for one in words(at))


def test_neurons_are_sought_by_how_active_they_are_at_a_token_too(visit, run):
    trained = open_model(run, step=20)
    [first] = trained.tokenizer.encode("t")
    at = visit_neurons(visit, run, layer="1", asking=str(first), **{"ranked-by": "active"})
    with torch.inference_mode():
        active = activations_on(trained.model, torch.tensor([[first]]))[0][0, 0]
    assert f"Neuron 1.{int(active.argmax()) + 1}" in said(at.subheader)


def test_without_the_training_text_it_is_said_what_is_missing(visit, run, monkeypatch):
    monkeypatch.setattr(sampled, "texts", list)
    at = visit_neurons(visit, run)
    assert any("not on this computer" in one for one in words(at))
    assert any("these bars add up to that" in one for one in words(at))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"model.norm_position": "post"}, "post-norm"),
        ({"model.rung": "multi_head"}, "no neurons there"),
    ],
)
def test_what_cannot_be_told_of_a_model_is_said(visit, change, reason):
    at = visit_neurons(visit, made_run(config=tiny_config().changed(change)))
    assert any(reason in plain(one) for one in said(at.info))
    assert not at.error
