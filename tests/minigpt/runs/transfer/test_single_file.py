import pytest
import torch

from minigpt.cli.main import DONE, main
from minigpt.errors import ConfigurationError
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model
from minigpt.runs.transfer.single_file import write_single_file


@pytest.fixture
def demo():
    return RunStore(PROJECT_FOLDER / "checkpoints").open("demo-copying")


def test_the_demo_runs_logits_come_out_of_its_file(demo, tmp_path):
    path = tmp_path / "model.py"
    assert write_single_file(demo, path, 59) == tmp_path / "model.pt"
    names = {"__name__": "model", "__file__": str(path)}
    exec(compile(path.read_text("utf-8"), "model.py", "exec"), names)
    opened = open_model(demo, step=59)
    ids = torch.tensor([opened.tokenizer.encode("abcab")])
    with torch.inference_mode():
        torch.testing.assert_close(names["load"]()(ids), opened.model(ids), rtol=1e-5, atol=1e-5)
    assert "step 59" in path.read_text("utf-8")


def test_nothing_is_written_over(demo, tmp_path):
    (tmp_path / "model.pt").write_text("mine")
    with pytest.raises(ConfigurationError, match="exists already"):
        write_single_file(demo, tmp_path / "model.py")
    with pytest.raises(ConfigurationError, match=r"\.py"):
        write_single_file(demo, tmp_path / "model.txt")
    with pytest.raises(ConfigurationError, match="cannot be written"):
        write_single_file(demo, tmp_path / "nowhere" / "model.py")
    assert [one.name for one in tmp_path.iterdir()] == ["model.pt"]


def test_the_command_names_the_file_after_the_run(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(PROJECT_FOLDER / "checkpoints"))
    monkeypatch.chdir(tmp_path)
    assert main(["single-file", "demo-copying"]) == DONE
    assert capsys.readouterr().out == "demo-copying.py\n"
    assert {one.name for one in tmp_path.glob("demo*")} == {"demo-copying.py", "demo-copying.pt"}
