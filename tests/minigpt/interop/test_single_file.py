"""A model in one file says what the run's own model says."""

import ast
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.interop.single_file import Origin, single_file
from minigpt.interop.state_dict import state_dict_bytes
from minigpt.models import rung_of
from minigpt.tokenizers.byte import ByteTokenizer
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.tokenizers.word import WordTokenizer
from minigpt.training.config import TrainingConfig

ORIGIN = Origin(run="a-run", file="a-run.py", step=7, seed=3, steps=4)
TRAINING = TrainingConfig(batch_size=4, steps=4, evaluation_interval=2, warmup_steps=1)
OUTSIDE = """
import sys, torch
sys.path.insert(0, ".")
import model as one
logits = one.load()(torch.tensor([one.encode({text!r})]))
torch.save(logits, "logits.pt")
print(one.generate(one.load(), {text!r}, tokens=5, seed=1))
assert "minigpt" not in sys.modules
"""


def written(config, tokenizer, training=TRAINING, origin=ORIGIN):
    return single_file(config, rung_of(config), tokenizer, training, origin)


def opened(source, path):
    """What a file of that text defines."""
    names = {"__name__": "one_file", "__file__": str(path / "a-run.py")}
    exec(compile(source, "a-run.py", "exec"), names)
    return names


def test_its_logits_are_the_runs(variant, build_tiny, tiny_tokenizer, tiny_text, tmp_path):
    model = build_tiny(variant, vocabulary_size=tiny_tokenizer.vocabulary_size)
    for weight in model.parameters():  # also those that begin at zero
        torch.nn.init.normal_(weight, std=0.3)
    (tmp_path / "a-run.pt").write_bytes(state_dict_bytes(model))
    one = opened(written(variant, tiny_tokenizer), tmp_path)
    ids = torch.tensor([one["encode"](tiny_text[:8])])
    assert ids.tolist() == [tiny_tokenizer.encode(tiny_text[:8])]
    with torch.inference_mode():
        torch.testing.assert_close(one["load"]()(ids), model(ids), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine", "warmup_stable_decay"])
def test_it_trains(tiny_config, tiny_tokenizer, tiny_text, tmp_path, capsys, optimizer, schedule):
    training = TrainingConfig(
        batch_size=8, steps=40, evaluation_interval=20, warmup_steps=2, learning_rate=0.01,
        optimizer=optimizer, schedule=schedule, gradient_clip=1.0,
    )  # fmt: skip
    one = opened(written(tiny_config("gpt"), tiny_tokenizer, training), tmp_path)
    one["train"](tiny_text, steps=40)
    first, last = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    assert last < first < 4


def test_it_stands_alone(tiny_config, build_tiny, tiny_tokenizer, tiny_text, tmp_path):
    config = tiny_config("gpt")
    model = build_tiny(config, vocabulary_size=tiny_tokenizer.vocabulary_size)
    (tmp_path / "model.py").write_text(written(config, tiny_tokenizer), "utf-8")
    (tmp_path / "model.pt").write_bytes(state_dict_bytes(model))
    text = tiny_text[:8]
    done = subprocess.run(
        [sys.executable, "-I", "-c", OUTSIDE.format(text=text)], cwd=tmp_path, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(text)
    with torch.inference_mode():
        expected = model(torch.tensor([tiny_tokenizer.encode(text)]))
    torch.testing.assert_close(torch.load(tmp_path / "logits.pt"), expected)


def test_it_imports_pytorch_and_python_alone(variant, tiny_tokenizer):
    source = written(variant, tiny_tokenizer)
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= {"torch", *sys.stdlib_module_names}
    assert 80 < len(source.splitlines()) < 290
    assert max(map(len, source.splitlines())) <= 120


def test_bytes_are_read_as_they_are(tiny_config, tmp_path):
    one = opened(written(tiny_config("bigram"), ByteTokenizer.train("x")), tmp_path)
    assert one["encode"]("é") == [0xC3, 0xA9]
    assert one["decode"]([0xC3, 0xA9, 0xC3]) == "é\ufffd"


def test_a_vocabulary_may_hold_quotes_and_dollars(tiny_config, tmp_path):
    tokenizer = CharacterTokenizer.train("\"\"\" ''' $steps {x} \\n")
    one = opened(written(tiny_config("bigram"), tokenizer), tmp_path)
    assert list(one["VOCABULARY"]) == list(tokenizer.vocabulary)


@pytest.mark.parametrize("text", ["12+34=46\n", "\n\t", '"\\\n', "\ud800\n"])
def test_a_text_without_letters_makes_a_file_that_runs(tiny_config, tmp_path, text):
    tokenizer = CharacterTokenizer.train(text)
    source = written(tiny_config("bigram"), tokenizer)
    one = opened(source, tmp_path)
    prompt = ast.literal_eval(source.rpartition(" else ")[2].strip().rstrip(")"))
    assert prompt in tokenizer.vocabulary
    assert one["encode"](prompt)


@pytest.mark.parametrize(
    "name",
    ['"""\nraise SystemExit\n"""', "\nraise SystemExit\n", "back\\N.py", "no utf-8 \udcff.py"],
)
def test_a_name_of_a_file_is_never_run(tiny_config, tiny_tokenizer, tmp_path, name):
    source = written(tiny_config("bigram"), tiny_tokenizer, origin=replace(ORIGIN, file=name))
    opened(source, tmp_path)
    assert source.encode("utf-8")
    assert "SystemExit" not in source


def test_other_tokens_are_refused(tiny_config, tiny_text):
    with pytest.raises(ConfigurationError, match="export RUN FOLDER"):
        written(tiny_config("gpt"), WordTokenizer.train(tiny_text))
