"""What CONTRIBUTING.md tells is enough: its blocks are put into a copy of the project and used.

Nothing else is changed there, so that a list which has to be edited for a new rung, and which the
steps do not name, fails here.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("minigpt", "ui", "pages", "tests", "benchmarks", "docs", "static")
BLOCK = re.compile(r"^( *)```(python|diff) (\S+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
USED = """
import json, sys
from minigpt.cli.main import main
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model

def command(*arguments):
    assert main(list(arguments)) == 0, arguments

toy = ["--corpus", "toy", "--set", "tokenizer.kind=toy", "--set", "model.rung=toy",
       "--set", "model.repeats=3", "--set", "training.steps=4", "--set", "compute.threads=1"]
command("train", "--dry-run", *toy)
command("train", "--name", "toy", *toy)
[run] = RunStore.default().all()
assert run.config().model.repeats == 3
command("attention", run.id, "--text", "toy", "--out", "../toy.npz")
command("generate", run.id, "--prompt", "the", "--tokens", "5")
command("download", run.id, "../toy.zip")
command("import", "../toy.zip")
[again] = [one for one in RunStore.default().all() if one.id != run.id]
first, second = (open_model(one).model.state_dict() for one in (run, again))
assert first.keys() == second.keys()
assert all(first[name].equal(second[name]) for name in first)
assert again.config().rung == "toy"
"""
TESTS = [
    "tests/test_architecture.py",
    "tests/messages/test_catalogue.py",
    "tests/minigpt/models",
    "tests/minigpt/training/test_cost.py",
    "tests/minigpt/tokenizers/test_contract.py::test_the_registry_describes_the_class",
    "tests/minigpt/tokenizers/test_contract.py::test_the_whole_corpus_comes_back",
    "tests/ui/forms",
    "tests/ui/screens/train/test_form.py",
    "tests/pages/test_every_page.py",
]
"""Where every rung, tokenizer and page is tested because it is registered."""


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the project to which everything in CONTRIBUTING.md has been added."""
    copy = tmp_path_factory.mktemp("project") / "copy"
    # With what Python has compiled, but not what it is writing down at this moment.
    unfinished = shutil.ignore_patterns("*.pyc.*")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=unfinished)
    for file in ROOT.iterdir():
        if file.is_file():
            shutil.copy(file, copy)
    (copy / "checkpoints").mkdir()
    for indent, kind, name, content in BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text("utf-8")):
        written = textwrap.dedent(content) if indent else content
        path = copy / name
        if kind == "diff":
            path.write_text(patched(path.read_text("utf-8"), written), encoding="utf-8")
        else:
            assert not path.exists()
            path.write_text(written, encoding="utf-8")
    run_in(copy, "-m", "tests.messages.catalogue")  # as `make messages` does
    return copy


def patched(text, difference):
    """The text with each line that begins with + after the line that stands above it."""
    lines, at = text.splitlines(), 0
    for line in difference.splitlines():
        if line.startswith("+"):
            lines.insert(at, line[1:])
        else:
            at = lines.index(line[1:], at)
        at += 1
    return "\n".join(lines) + "\n"


def run_in(folder, *command):
    outside = folder.parent
    places = {"MINIGPT_CHECKPOINTS": str(outside / "runs"), "MINIGPT_DATA": str(outside / "data")}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | places | {"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_the_steps_add_a_rung_a_tokenizer_a_text_and_a_page(extended):
    listed = run_in(
        extended,
        "-c",
        "from minigpt.models import LADDER; from minigpt.tokenizers import TOKENIZERS;"
        "from minigpt.corpora import CORPORA; import sys;"
        "print([*LADDER][0], [*TOKENIZERS][0], [*CORPORA][0], 'torch' in sys.modules)",
    )
    assert listed.split() == ["toy", "toy", "toy", "False"]


def test_a_new_rung_is_estimated_trained_traced_sent_and_received(extended):
    said = run_in(extended, "-c", USED)
    assert "parameters " in said
    assert (extended.parent / "toy.npz").exists()


def test_the_tests_of_all_rungs_tokenizers_and_pages_hold_for_new_ones(extended):
    for_all = "each_layer or what_is_in_it or catalogue or test_registry or test_labels"
    # All but their Indonesian, which `make messages` asks for and somebody has to write.
    chosen = f"(toy or test_field_help or {for_all}) and not nothing_is_missing"
    said = run_in(extended, "-m", "pytest", "-q", "-x", *TESTS, "-k", chosen)
    passed = re.search(r"(\d+) passed", said)
    assert passed is not None
    assert int(passed[1]) > 40


def test_the_examples_are_in_the_house_style(extended):
    run_in(extended, "-m", "ruff", "check", ".")
    run_in(extended, "-m", "ruff", "format", "--check", ".")
