import shutil

import pytest

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
