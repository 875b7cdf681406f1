import shutil
import sys

import pytest
import torch

from minigpt.cli.main import BAD_ARGUMENTS, DONE, main
from minigpt.runs.store import PROJECT_FOLDER, RunStore

DEMO = RunStore(PROJECT_FOLDER / "checkpoints").open("demo-shakespeare")


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path / "checkpoints"))
    made = RunStore.default()
    shutil.copytree(DEMO.path, made.root / DEMO.id)
    return made


@pytest.fixture
def file(tmp_path):
    return tmp_path / "run.zip"


def complaint(arguments, capsys):
    capsys.readouterr()
    assert main(arguments) == BAD_ARGUMENTS
    return capsys.readouterr().err


def test_a_run_goes_into_a_file_and_back(store, file, capsys):
    assert main(["download", DEMO.id, str(file)]) == DONE
    assert capsys.readouterr().out == f"{file}\n"
    store.delete(DEMO.id)
    assert main(["import", str(file)]) == DONE
    back = store.open(capsys.readouterr().out.strip())
    assert back.metrics.read_bytes() == DEMO.metrics.read_bytes()
    assert store.summarise(back).name == store.summarise(DEMO).name


def test_an_imported_run_can_have_another_name(store, file, capsys):
    main(["download", DEMO.id, str(file)])
    capsys.readouterr()
    assert main(["import", str(file), "--name", "Back again"]) == DONE
    assert store.summarise(store.open(capsys.readouterr().out.strip())).name == "Back again"


def test_nothing_is_overwritten(file, capsys):
    file.write_text("precious")
    assert "exists already" in complaint(["download", DEMO.id, str(file)], capsys)
    assert file.read_text() == "precious"


def test_a_place_that_cannot_be_written_is_told(tmp_path, capsys):
    arguments = ["download", DEMO.id, str(tmp_path / "no" / "such" / "run.zip")]
    assert "cannot be written" in complaint(arguments, capsys)
    assert not (tmp_path / "no").exists()


def test_a_damaged_run_leaves_no_file_behind(store, file, capsys):
    (store.open(DEMO.id).weights / "latest.json").write_text("{")
    assert "is damaged" in complaint(["download", DEMO.id, str(file)], capsys)
    assert list(file.parent.glob("*zip*")) == []


def test_a_file_that_is_no_run_is_refused(store, file, capsys):
    file.write_bytes(b"hello")
    assert "cannot be imported" in complaint(["import", str(file)], capsys)
    assert [run.id for run in store.all()] == [DEMO.id]


def test_what_is_not_there_is_told(tmp_path, capsys):
    assert complaint(["import", str(tmp_path / "nothing.zip")], capsys)
    assert "no run called" in complaint(["download", "nothing", str(tmp_path / "x.zip")], capsys)


@pytest.mark.parametrize(
    "arguments",
    [
        ["import"],
        ["download", DEMO.id],
        ["export", DEMO.id, "--format", "pytorch"],
        ["train", "--dry-run", "--file"],
    ],
)
def test_a_path_that_no_system_takes_is_told_in_a_line(arguments, capsys):
    [line] = complaint([*arguments, "a" * 5000], capsys).splitlines()
    assert "too long" in line


@pytest.mark.skipif(sys.platform == "win32", reason="links need a permission there")
def test_a_link_to_itself_is_told_in_a_line(tmp_path, capsys):
    (loop := tmp_path / "loop").symlink_to(loop)
    [line] = complaint(["import", str(loop)], capsys).splitlines()
    assert str(loop) in line


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint as nanoGPT writes it, and the text whose characters are its tokens."""
    text = tmp_path / "input.txt"
    text.write_text("a small text\n")
    size = len(set(text.read_text()))
    shapes = {
        "wte.weight": (size, 8), "wpe.weight": (6, 8), "ln_f.weight": (8,),
        "h.0.ln_1.weight": (8,), "h.0.ln_2.weight": (8,),
        "h.0.attn.c_attn.weight": (24, 8), "h.0.attn.c_proj.weight": (8, 8),
        "h.0.mlp.c_fc.weight": (32, 8), "h.0.mlp.c_proj.weight": (8, 32),
    }  # fmt: skip
    sizes = {"n_layer": 1, "n_head": 2, "n_embd": 8, "block_size": 6, "vocab_size": size}
    path = tmp_path / "ckpt.pt"
    model = {f"_orig_mod.transformer.{name}": torch.rand(shape) for name, shape in shapes.items()}
    torch.save({"model": model, "model_args": {**sizes, "bias": False, "dropout": 0.0}}, path)
    return path, text


def test_a_checkpoint_of_nanogpt_becomes_a_run_to_generate_with(store, checkpoint, capsys):
    path, text = checkpoint
    assert main(["import", str(path), "--text", str(text), "--name", "Theirs"]) == DONE
    run = store.open(capsys.readouterr().out.strip())
    assert run.name() == "Theirs"
    assert run.config().model.activation == "gelu_exact"
    assert main(["generate", run.id, "--prompt", "a t", "--tokens", "5"]) == DONE
    assert capsys.readouterr().out.startswith("a t")
    assert main(["export", run.id, str(path.parent / "out"), "--format", "pytorch"]) == DONE
    weights = torch.load(path.parent / "out" / "model.pt", weights_only=True)
    assert weights["position_embedding.weight"].shape == (6, 8)


def test_without_its_tokens_a_checkpoint_is_refused_and_leaves_no_run(store, checkpoint, capsys):
    path, _ = checkpoint
    known = len(store.all())
    assert "--text" in complaint(["import", str(path)], capsys)
    assert len(store.all()) == known


def test_a_text_is_only_asked_of_a_checkpoint(file, checkpoint, capsys):
    main(["download", DEMO.id, str(file)])
    assert "Leave it out" in complaint(["import", str(file), "--text", "x.txt"], capsys)
    path, _ = checkpoint
    assert "cannot be read as text" in complaint(["import", str(path), "--text", "gone"], capsys)
