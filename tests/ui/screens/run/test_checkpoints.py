import dataclasses
import io

import torch

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.models.build import build_model
from minigpt.runs.trained_model import open_model
from tests.ui.harness import links, made_run, said
from ui.screens.run.checkpoints import checkpoint_table, checkpoint_title
from ui.services.models import state_dict_bytes


def show(run_id):
    from ui.navigation import ensure_frame
    from ui.screens.run.checkpoints import draw_checkpoints
    from ui.services.runs import snapshot

    ensure_frame()
    draw_checkpoints(snapshot(run_id))


def test_the_newest_checkpoint_leads_to_what_can_be_begun_from_it(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    assert links(at) == {
        "Fork it here": ("train", f"from={run.id}&at=20&kind=fork"),
        "Fine-tune it on another text": ("train", f"from={run.id}&at=20&kind=fine_tune"),
        "Generate": ("generate", f"run={run.id}&step=20"),
        "Attention": ("attention", f"run={run.id}&step=20"),
    }
    assert not at.exception


def test_another_checkpoint_can_be_chosen(draw):
    run = made_run(steps=(0, 8, 20))
    at = draw(show, run_id=run.id)
    assert at.selectbox[0].options == ["Step 20", "Step 8", "Step 0"]
    at.selectbox[0].set_value("8").run()
    assert links(at)["Fork it here"] == ("train", f"from={run.id}&at=8&kind=fork")
    assert not at.exception


def test_before_anything_is_saved_it_says_what_will_be_here(draw):
    at = draw(show, run_id=made_run(steps=(), state=None, end=None).id)
    assert "will be listed here" in said(at.main.caption)[0]
    assert not at.selectbox
    assert not at.exception


def test_checkpoints_are_listed_newest_first_with_loss_and_size():
    run = made_run()
    old, new = list_checkpoints(run.weights)
    judged = dataclasses.replace(new, validation_loss=1.5, bytes=12_345_678)
    rows = checkpoint_table([old, judged])
    assert rows["Step"].tolist() == [20, 0]
    assert rows["Validation loss"].tolist() == ["1.5000", "not judged at this step"]
    assert rows["Size"].tolist()[0] == "12.3 MB"
    assert checkpoint_title(judged) == "Step 20 · validation loss 1.5000"
    assert checkpoint_title(old) == "Step 0"


def test_the_weights_of_a_step_are_there_for_pytorch_alone(draw):
    run = made_run(steps=(0, 20))
    at = draw(show, run_id=run.id)
    assert [one for one in at.get("download_button") if one.label == "For PyTorch"]
    assert not at.exception
    weights = torch.load(io.BytesIO(state_dict_bytes(run.id, 0)), weights_only=True)
    model = build_model(run.config().model, vocabulary_size=run.tokenizer().vocabulary_size)
    model.load_state_dict(weights)
    tokens = torch.tensor([run.tokenizer().encode("to be")])
    assert torch.equal(model.eval()(tokens), open_model(run, step=0).model(tokens))
