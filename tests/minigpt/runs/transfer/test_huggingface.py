import json
import re
from itertools import islice

import pytest
import torch

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.errors import CheckpointError, ConfigurationError, MiniGPTError, RunError
from minigpt.introspection.trace import trace
from minigpt.jobs.worker.control import Requests
from minigpt.jobs.worker.session import train_run
from minigpt.models import LADDER
from minigpt.models.build import build_model
from minigpt.runs.config import RunConfig
from minigpt.runs.status import Status
from minigpt.runs.store import PROJECT_FOLDER, status_of
from minigpt.runs.trained_model import open_model
from minigpt.runs.transfer import huggingface
from minigpt.runs.transfer.huggingface import export_run, export_state_dict, import_run
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from minigpt.tokenizers import tokenizer_from_dict
from minigpt.tokenizers.character import CharacterTokenizer


@pytest.fixture
def folder(trained, tmp_path):
    """A trained run as a folder for others."""
    assert export_run(trained, tmp_path / "model") is None
    return tmp_path / "model"


@pytest.fixture
def imported(store, folder):
    return import_run(store, folder, "from elsewhere")


def test_an_imported_run_is_a_finished_run(store, imported):
    assert status_of(imported) is Status.FINISHED
    assert [run.id for run in store.all()] == [imported.id]
    summary = store.summarise(imported)
    assert (summary.name, summary.rung, summary.corpus) == ("from elsewhere", "gpt", "imported")
    assert summary.parameters == open_model(imported).model.num_parameters
    assert summary.reason is None
    assert imported.read("exit")["outcome"] == "finished"
    assert imported.lines("events")[0]["text"] == "Imported from model"


def test_its_settings_can_be_read_again(imported, trained):
    config = imported.config()
    assert RunConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert config.model == trained.config().model
    assert config.tokenizer.kind == "imported"


def test_there_and_back_it_is_the_same_model(imported, trained):
    before, after = open_model(trained), open_model(imported)
    for name, weight in before.model.state_dict().items():
        assert torch.equal(after.model.state_dict()[name], weight), name
    text = "hello my name is"
    assert after.tokenizer.encode(text) == before.tokenizer.encode(text)
    assert after.tokenizer.decode(range(10)) == before.tokenizer.decode(range(10))


def test_an_imported_run_generates(imported, trained):
    prompt = open_model(trained).tokenizer.encode("hello")
    texts = [
        [token.id for token in islice(generate(model, prompt, SamplingConfig(), seed=3), 20)]
        for model in (open_model(trained).model, open_model(imported).model)
    ]
    assert texts[0] == texts[1]


def test_an_imported_run_can_be_traced(imported):
    opened = open_model(imported)
    tokens = torch.tensor([opened.tokenizer.encode("hello my")])
    seen = trace(opened.model, tokens)
    torch.testing.assert_close(seen.logits, opened.model(tokens))
    torch.testing.assert_close(seen.attention.sum(-1), torch.ones_like(seen.attention[..., 0]))


def test_an_imported_run_can_be_exported_again(imported, folder, tmp_path):
    assert export_run(imported, tmp_path / "again") is None
    for file in folder.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_an_imported_run_can_be_renamed_and_deleted(store, imported):
    store.rename(imported.id, "mine")
    store.delete(imported.id)
    assert store.all() == []


def test_a_step_can_be_chosen(trained, store, tmp_path):
    export_run(trained, tmp_path / "first", step=0)
    first = open_model(import_run(store, tmp_path / "first", "first")).model
    expected = open_model(trained, step=0).model
    assert torch.equal(first.token_embedding.weight, expected.token_embedding.weight)
    with pytest.raises(RunError, match="Nothing was saved at step 5"):
        export_run(trained, tmp_path / "fifth", step=5)
    assert not (tmp_path / "fifth").exists()


def test_a_run_that_has_saved_nothing_cannot_be_exported(run, tmp_path):
    with pytest.raises(RunError, match="saved no weights"):
        export_run(run, tmp_path / "out")


def test_a_run_that_is_no_gpt_cannot_be_exported(store, tiny, tmp_path):
    bigram = store.create(tiny.changed({"model.rung": "bigram", "training.steps": 1}), name="x")
    train_run(bigram, Requests(bigram))
    with pytest.raises(ConfigurationError, match="Only a GPT"):
        export_run(bigram, tmp_path / "out")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_damaged_folder_makes_no_run(name, store, folder):
    (folder / name).write_text("{", encoding="utf-8")
    with pytest.raises(MiniGPTError, match=name.partition(".")[0]):
        import_run(store, folder, "x")
    assert store.all() == []


@pytest.mark.parametrize("error", [OSError(28, "No space left"), CheckpointError("no")])
def test_an_import_that_cannot_be_written_leaves_nothing(error, store, folder, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(huggingface, "save_checkpoint", fail)
    with pytest.raises((RunError, CheckpointError)) as caught:
        import_run(store, folder, "x")
    assert "No space left" in caught.value.message or caught.value is error
    assert list(store.root.iterdir()) == []


def test_nobody_can_train_with_an_imported_tokenizer(store, tiny):
    wanted = store.create(tiny.changed({"tokenizer.kind": "imported"}), name="x")
    with pytest.raises(MiniGPTError, match="cannot be learnt from a text"):
        train_run(wanted, Requests(wanted))


def test_the_size_of_an_imported_vocabulary_cannot_be_chosen(tiny):
    with pytest.raises(ConfigurationError, match="cannot be chosen"):
        tiny.changed({"tokenizer.kind": "imported", "tokenizer.vocabulary_size": 300})


@pytest.mark.parametrize("rung", LADDER)
def test_the_weights_of_any_rung_leave_as_a_state_dict(rung, store, tmp_path):
    settings = {"model.rung": rung, "corpus.name": "sentences"}
    run = store.create(RunConfig().changed(settings), name="any")
    tokenizer = CharacterTokenizer.train("any text at all")
    run.write("tokenizer", tokenizer.to_dict())
    model = build_model(run.config().model, vocabulary_size=tokenizer.vocabulary_size).eval()
    save_checkpoint(run.weights, model, step=3, validation_loss=1.0)

    export_state_dict(run, tmp_path / "out", 3)

    weights = torch.load(tmp_path / "out" / "model.pt", weights_only=True)
    assert type(weights) is dict
    config = RunConfig.from_dict(json.loads((tmp_path / "out" / "config.json").read_text()))
    saved = json.loads((tmp_path / "out" / "tokenizer.json").read_text())
    again = build_model(config.model, vocabulary_size=tokenizer_from_dict(saved).vocabulary_size)
    again.load_state_dict(weights)
    tokens = torch.tensor([tokenizer.encode("a text")])
    assert torch.equal(again.eval()(tokens), model(tokens))


def test_a_folder_that_holds_something_is_left_alone(trained, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="already holds something"):
        export_state_dict(trained, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_the_documentation_says_of_files_works(trained, tmp_path):
    export_state_dict(trained, tmp_path / "out")
    page = (PROJECT_FOLDER / "docs" / "models-in-and-out.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    [file] = sorted(trained.weights.glob("step-*.safetensors"))[-1:]
    said = {}
    for block in blocks:
        code = block.replace("FOLDER", str(tmp_path / "out"))
        code = code.replace("checkpoints/RUN/weights/step-00000500.safetensors", str(file))
        exec(code, said)
    assert len(blocks) == 3
    assert said["weights"].keys() == said["arrays"].keys()
    vocabulary_size = said["tokenizer"].vocabulary_size
    assert said["logits"].shape == (1, len(said["tokenizer"].encode("the")), vocabulary_size)
