import json

import pytest
import torch

from minigpt.errors import ConfigurationError, TokenizerError
from minigpt.runs.analysis.receipt_report import (
    NAMES,
    account_as_json,
    account_as_table,
    account_for_token,
    name_of,
)
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model
from minigpt.sentences import Sentence

TEXT = "The q"


@pytest.fixture(scope="module")
def demo():
    return open_model(RunStore(PROJECT_FOLDER / "checkpoints").open("demo-shakespeare"))


@pytest.fixture(scope="module", params=[None, "o"])
def found(demo, request):
    return account_for_token(demo, TEXT, "u", request.param)


def test_it_is_about_what_the_model_says_after_the_text(demo, found):
    ids = torch.tensor([demo.tokenizer.encode(TEXT)])
    with torch.inference_mode():
        logits = demo.model(ids)[0, -1]
    u, o = (demo.tokenizer.vocabulary.index(letter) for letter in "uo")
    expected = logits[u] - (logits[o] if found.receipt.against is not None else 0)
    assert found.receipt.logit == pytest.approx(float(expected), abs=1e-4)
    assert found.receipt.total == pytest.approx(float(expected), abs=1e-4)
    assert found.probability == pytest.approx(float(logits.softmax(-1)[u]), abs=1e-5)


def test_what_is_said_last_is_worth_what_it_adds_but_for_the_norm(found):
    # Nothing reads the offset, and nothing but the last norm and the output reads the last part.
    assert found.worth[-1] == found.receipt.shares[-1]
    assert found.worth.shape == found.receipt.shares.shape
    assert not torch.allclose(found.worth, found.receipt.shares)


def test_json_adds_up_and_counts_from_one(demo, found):
    said = json.loads(json.dumps(account_as_json(found, demo.tokenizer, run="demo", step=2000)))
    assert sum(part["share"] for part in said["parts"]) == pytest.approx(said["logit"], abs=1e-4)
    assert abs(said["difference"]) < 1e-4
    assert (said["token"], said["text"]) == ("u", TEXT)
    heads = [(part["layer"], part["head"]) for part in said["parts"] if part["part"] == "head"]
    assert heads == [(layer, head) for layer in range(1, 5) for head in range(1, 5)]


def test_the_table_has_a_line_for_each_part_and_ends_with_the_sum(found):
    *lines, total, forward = account_as_table(found).splitlines()[1:]
    assert len(lines) == len(found.receipt.parts)
    assert total.split()[-1] == forward.split()[-1]
    shares = [abs(float(line.split()[-2])) for line in lines]
    assert shares == sorted(shares, reverse=True)


def test_every_kind_of_part_has_a_name(found):
    names = [name_of(part) for part in found.receipt.parts]
    assert len(set(names)) == len(names)
    assert all(isinstance(name, Sentence) and name.template in NAMES.values() for name in names)


@pytest.mark.parametrize("token", ["qu", "", "日"])
def test_what_is_no_single_token_is_refused(demo, token):
    with pytest.raises(ConfigurationError, match="is not one token of this model"):
        account_for_token(demo, TEXT, token)


def test_a_text_that_cannot_be_read_is_refused(demo):
    with pytest.raises(TokenizerError, match="日"):
        account_for_token(demo, "日", "u")
    with pytest.raises(ConfigurationError, match="1 to 64 tokens"):
        account_for_token(demo, "a" * 65, "u")
